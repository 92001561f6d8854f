/// One line of `check`.
struct Finding: Sendable, Equatable {
    enum Grade: String, Sendable { case ok, warning, failed }

    let grade: Grade
    /// What was looked at.
    let subject: String
    /// What was found, and what to do about it.
    let detail: String

    static func ok(_ subject: String, _ detail: String) -> Finding {
        Finding(grade: .ok, subject: subject, detail: detail)
    }

    static func warning(_ subject: String, _ detail: String) -> Finding {
        Finding(grade: .warning, subject: subject, detail: detail)
    }

    static func failed(_ subject: String, _ detail: String) -> Finding {
        Finding(grade: .failed, subject: subject, detail: detail)
    }

    /// The grade in a column of its own, then the subject and the detail.
    var line: String {
        let padding = String(repeating: " ", count: Grade.warning.rawValue.count - self.grade.rawValue.count)
        return "\(self.grade.rawValue)\(padding)  \(self.subject): \(self.detail)"
    }
}
