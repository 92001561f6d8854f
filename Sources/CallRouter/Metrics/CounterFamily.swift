/// One counter for each value of a label, all there from the start.
struct CounterFamily<Label: RawRepresentable & CaseIterable & Equatable & Sendable>: Sendable
where Label.RawValue == String {
    private let counters: [Counter]

    init() { self.counters = Label.allCases.map { _ in Counter() } }

    subscript(label: Label) -> Counter {
        // A handful of cases at most; the label comes from the same list.
        for (index, candidate) in Label.allCases.enumerated() where candidate == label { return self.counters[index] }
        preconditionFailure("a label is one of its cases")
    }

    /// Every label with its count, in the order of the cases.
    var values: [(label: String, value: Int)] {
        zip(Label.allCases, self.counters).map { ($0.rawValue, $1.value) }
    }
}
