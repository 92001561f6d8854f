import Foundation

/// Models that are gone, or will be: OpenAI's and Anthropic's deprecation pages as of November 2026.
///
/// Anthropic's API also tells by itself; OpenAI's takes a name of a transcription model only when somebody speaks.
enum ModelNames {
    private struct Ending {
        /// The name, or with a star at its end its beginning.
        let name: String
        /// The day of its end (ISO 8601); nil: it is gone.
        let day: String?
        let instead: String

        func covers(_ model: String) -> Bool {
            self.name.hasSuffix("*") ? model.hasPrefix(self.name.dropLast()) : model == self.name
        }
    }

    private static let endings = [
        Ending(name: "gpt-4o-realtime*", day: nil, instead: "gpt-realtime-2.1"),
        Ending(name: "gpt-4o-mini-realtime*", day: nil, instead: "gpt-realtime-2.1-mini"),
        Ending(name: "gpt-realtime", day: "2027-01-20", instead: "gpt-realtime-2.1"),
        Ending(name: "gpt-realtime-2025-08-28", day: "2027-01-20", instead: "gpt-realtime-2.1"),
        Ending(name: "gpt-realtime-mini", day: "2027-01-20", instead: "gpt-realtime-2.1-mini"),
        Ending(name: "gpt-realtime-mini-2025-12-15", day: "2027-01-20", instead: "gpt-realtime-2.1-mini"),
        Ending(name: "whisper-1", day: "2027-02-26", instead: "gpt-transcribe"),
        Ending(name: "gpt-4o-transcribe*", day: "2027-02-26", instead: "gpt-transcribe"),
        Ending(name: "gpt-4o-mini-transcribe*", day: "2027-02-26", instead: "gpt-transcribe"),
        Ending(name: "claude-instant*", day: nil, instead: "claude-haiku-5-5"),
        Ending(name: "claude-2*", day: nil, instead: "claude-haiku-5-5"),
        Ending(name: "claude-3*", day: nil, instead: "claude-haiku-5-5"),
        Ending(name: "claude-sonnet-4-5*", day: "2026-11-30", instead: "claude-sonnet-5-5"),
    ]

    /// Beginnings of the names that have to do with their variable.
    private static let usual: [(variable: String, beginnings: [String])] = [
        ("OPENAI_REALTIME_MODEL", ["gpt-realtime"]),
        ("OPENAI_TRANSCRIPTION_MODEL", ["gpt-transcribe", "gpt-live-transcribe", "gpt-realtime-whisper"]),
        ("ANTHROPIC_MODEL", ["claude-"]), ("ANTHROPIC_REASONING_MODEL", ["claude-"]),
    ]

    /// What there is to say of the models of a configuration; nothing where all of them will stay.
    static func findings(_ configuration: RouterConfiguration, now: Date = Date()) -> [Finding] {
        let models = [
            ("OPENAI_REALTIME_MODEL", configuration.openAI.model),
            ("OPENAI_TRANSCRIPTION_MODEL", configuration.openAI.transcriptionModel),
            ("ANTHROPIC_REASONING_MODEL", configuration.anthropic.reasoningModel),
            ("ANTHROPIC_MODEL", configuration.anthropic.model),
        ]
        return models.compactMap { Self.finding(variable: $0.0, model: $0.1, now: now) }
    }

    private static func finding(variable: String, model: String, now: Date) -> Finding? {
        if let ending = Self.endings.first(where: { $0.covers(model) }) {
            guard let day = ending.day, let end = RFC3339.date(day + "T00:00:00Z") else {
                return .failed(variable, "\(model) is retired. Set it to \(ending.instead).")
            }
            return end <= now
                ? .failed(variable, "\(model) was shut down on \(day). Set it to \(ending.instead).")
                : .warning(variable, "\(model) will be shut down on \(day). Set it to \(ending.instead) before.")
        }
        if model.hasPrefix("gpt-live"), !model.contains("transcribe") {
            return .failed(
                variable,
                "\(model) speaks a protocol that is not built (OPENAI_DIALECT=live). Set it to gpt-realtime-2.1."
            )
        }
        let beginnings = Self.usual.first { $0.variable == variable }?.beginnings ?? []
        guard !beginnings.contains(where: model.hasPrefix) else { return nil }
        return .warning(
            variable,
            "\(model) is no model of this kind that this version knows. If calls fail or have no transcript, set it to "
                + "another, or remove the variable."
        )
    }

    /// What Anthropic's API says of a model; nil where it stays.
    static func finding(model: String, lifecycle: String?, retiresAt: String?) -> Finding? {
        let day = retiresAt.map { " on \($0.prefix(10))" } ?? ""
        switch lifecycle {
        case "deprecated":
            return .warning(
                "Claude",
                "\(model) is deprecated and goes\(day). Set another model before, such as claude-haiku-5-5."
            )
        case "retired":
            return .failed("Claude", "\(model) is retired\(day). Set another model, such as claude-haiku-5-5.")
        default: return nil
        }
    }
}
