/// Comparison whose duration tells nothing about where two texts differ.
package enum ConstantTime {
    /// Whether both are equal; takes the time of the longer one, whatever they hold.
    package static func areEqual(_ expected: [UInt8], _ given: [UInt8]) -> Bool {
        var difference = expected.count ^ given.count
        for index in 0..<max(expected.count, given.count) {
            let one = index < expected.count ? expected[index] : 0
            let other = index < given.count ? given[index] : 0
            difference |= Int(one ^ other)
        }
        return difference == 0
    }
}
