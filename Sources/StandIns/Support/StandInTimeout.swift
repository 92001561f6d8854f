/// Something that a stand-in was to see did not happen in time.
package struct StandInTimeout: Error, Equatable, CustomStringConvertible {
    package let what: String
    package let after: Duration

    package init(what: String, after: Duration) {
        self.what = what
        self.after = after
    }

    package var description: String { "Waited \(self.after) for \(self.what), and it did not happen." }
}
