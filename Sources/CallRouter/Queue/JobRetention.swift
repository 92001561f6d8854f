import Wire

/// Which finished jobs are kept: the `removeOnComplete` or `removeOnFail` of a job's options.
package struct JobRetention: Sendable, Equatable {
    /// Seconds after the end; nil: for good.
    package var age: Int?
    /// At most so many; nil: all; 0: the job itself is removed too.
    package var count: Int?

    package static let all = JobRetention(age: nil, count: nil)

    package init(age: Int?, count: Int?) {
        self.age = age
        self.count = count
    }

    /// Reads `true` (keep none), `false` (keep all), a number (keep so many) or `{"age":…,"count":…}`.
    package init(_ value: JSONDocument?) {
        switch value {
        case .bool(true): self.init(age: nil, count: 0)
        case .integer, .number:
            // Minus one is written for all by some producers.
            let count = value?.double.map { Int($0) }
            self.init(age: nil, count: count.flatMap { $0 < 0 ? nil : $0 })
        case .object:
            let (age, count) = (value?["age"]?.double, value?["count"]?.double)
            self.init(
                age: age.flatMap { $0 < 0 ? nil : Int($0) },
                count: count.flatMap { $0 < 0 ? nil : Int($0) }
            )
        case .bool(false), .null, .string, .array, nil: self = .all
        }
    }
}
