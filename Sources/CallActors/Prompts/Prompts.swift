import Mustache

/// Everything that the AI of a call is told: who it is, what it must hold to, and what it says at each moment.
///
/// The words stand in the folder `Templates`, one Mustache file each, so that they can be read and changed without
/// reading Swift. They are compiled into the program and parsed once, at the start; a value of this type may be shared
/// by all calls. Facts of a call go in as data: cleaned by `PromptText` and set off from the instructions.
package struct Prompts: Sendable {
    /// Said while Claude thinks for longer than 0.7 s; take one after the other.
    package let fillers: [String]
    /// For each of ``fillers``, instructions of a response that says it.
    package let fillerInstructions: [String]
    /// What a consultation gives back where Claude has no answer in time: continue with the standard script.
    package let reasoningFallback: String
    /// What a consultation gives back where the caller went on speaking before the answer came.
    package let withdrawnConsultation: String
    /// System message in front of the turns that are replayed to a new voice-model session.
    package let historyPreamble: String
    /// Instructions of the line that announces a person who takes over.
    package let transferAnnouncement: String
    /// Instructions of the response that takes a call back because nobody answered.
    package let transferUnanswered: String
    /// A sentence for the carrier's own voice where no voice model can be had any more.
    package let technicalDifficulties: String
    /// A sentence for the carrier's own voice where an inbound call is not taken.
    package let refused: String
    /// System prompt of Claude as the adviser during a call.
    ///
    /// The same for all calls, so that it can be cached.
    package let reasonerSystemPrompt: String
    /// System prompt of Claude for the summary of a call that is over.
    ///
    /// The same for all calls.
    package let summarySystemPrompt: String

    private let library: MustacheLibrary

    /// Parses all templates.
    ///
    /// - Throws: ``PromptError`` naming the first template that cannot be parsed.
    package init() throws(PromptError) {
        var library = MustacheLibrary()
        for template in PromptTemplate.allCases {
            do {
                // Prompts are plain text: the pragma turns Mustache's HTML escaping off.
                try library.register("{{% CONTENT_TYPE:TEXT }}\n" + template.text, named: template.rawValue)
            } catch {
                throw PromptError(template: template.rawValue, reason: "\(error)")
            }
        }
        self.library = library
        func text(_ template: PromptTemplate) -> String { Self.render(template, (), from: library) }
        let fillers = text(.fillers).split(whereSeparator: \.isNewline).map(String.init)
        self.fillers = fillers
        // The same in every call: worded once.
        self.fillerInstructions = fillers.map { Self.render(.say, Self.sayValues($0), from: library) }
        self.reasoningFallback = text(.reasoningFallback)
        self.withdrawnConsultation = text(.withdrawnConsultation)
        self.historyPreamble = text(.historyPreamble)
        self.transferAnnouncement = text(.transferAnnouncement)
        self.transferUnanswered = text(.transferUnanswered)
        self.technicalDifficulties = text(.technicalDifficulties)
        self.refused = text(.refused)
        self.reasonerSystemPrompt = text(.reasoner)
        self.summarySystemPrompt = text(.summary)
    }

    /// The instructions of the voice model for one call: its role, the rules of the trade, and what is known.
    ///
    /// - Parameters:
    ///   - record: The call. Its `systemPrompt` replaces the role, never the rules.
    ///   - defaultSystemPrompt: The role for an inbound call of which nothing is known; empty takes the one of
    ///     inbound calls.
    ///   - tools: What else the model may do in this call.
    /// - Returns: The text for the session's `instructions`.
    package func instructions(
        for record: CallRecord,
        defaultSystemPrompt: String,
        tools: CallTools = CallTools()
    ) -> String {
        var values = PromptValues(record, tools: tools)
        let template = Self.template(for: record)
        values.role = PromptText.block(record.systemPrompt)
        if values.role == nil, template == .inbound, record.context.isEmpty {
            values.role = PromptText.block(defaultSystemPrompt)
        }
        return self.render(template, values)
    }

    /// Instructions of the response that opens a call; they stand alone, without those of the session.
    package func greeting(for record: CallRecord) -> String {
        self.render(.greeting, PromptValues(record))
    }

    /// Instructions of the response that takes leave; they stand alone, without those of the session.
    package func goodbye(_ why: GoodbyeReason) -> String {
        self.render(.goodbye, [why.rawValue: true])
    }

    /// Instructions of a response that says `text` word for word.
    package func say(_ text: String) -> String {
        self.render(.say, Self.sayValues(text))
    }

    private static func sayValues(_ text: String) -> [String: String] { ["text": PromptText.line(text) ?? ""] }

    /// What is left on a mailbox: who called and about which kind of service, and nothing more private than that.
    package func voicemailMessage(for record: CallRecord) -> String {
        self.render(.voicemail, PromptValues(record)).split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    func render(_ template: PromptTemplate, _ values: Any) -> String {
        Self.render(template, values, from: self.library)
    }

    private static func render(_ template: PromptTemplate, _ values: Any, from library: MustacheLibrary) -> String {
        // Never empty for want of a template: `init` has registered every case.
        PromptText.tidied(library.render(values, withTemplate: template.rawValue) ?? "")
    }

    private static func template(for record: CallRecord) -> PromptTemplate {
        guard record.direction == .outbound else { return .inbound }
        switch record.callType {
        case "qualify_lead": return .qualifyLead
        case "confirm_appointment": return .confirmAppointment
        case "consumer_callback": return .consumerCallback
        // A kind of call that came from elsewhere, such as a queue: the one that presumes least.
        default: return .followUp
        }
    }
}
