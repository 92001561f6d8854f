/// The templates in the folder `Templates`, one case for each file.
///
/// SwiftPM compiles the files into the program (`.embedInCode`), so that a binary needs no folder beside it.
enum PromptTemplate: String, CaseIterable {
    // What the call is for.
    case qualifyLead = "qualify_lead"
    case confirmAppointment = "confirm_appointment"
    case followUp = "follow_up"
    case consumerCallback = "consumer_callback"
    case inbound
    // Parts of the ones above.
    case rules, facts
    // What is said at one moment of a call.
    case greeting, goodbye, voicemail, say, fillers, refused
    case transferAnnouncement = "transfer_announcement"
    case transferUnanswered = "transfer_unanswered"
    case technicalDifficulties = "technical_difficulties"
    // What the voice model is told beside the conversation.
    case reasoningFallback = "reasoning_fallback"
    case withdrawnConsultation = "withdrawn_consultation"
    case historyPreamble = "history_preamble"
    // What Claude is told.
    case reasoner, summary
    case reasonerMessage = "reasoner_message"
    case summaryMessage = "summary_message"

    /// The text of the file.
    var text: String { String(decoding: self.bytes, as: UTF8.self) }

    private var bytes: [UInt8] {
        switch self {
        case .qualifyLead: PackageResources.qualify_lead_mustache
        case .confirmAppointment: PackageResources.confirm_appointment_mustache
        case .followUp: PackageResources.follow_up_mustache
        case .consumerCallback: PackageResources.consumer_callback_mustache
        case .inbound: PackageResources.inbound_mustache
        case .rules: PackageResources.rules_mustache
        case .facts: PackageResources.facts_mustache
        case .greeting: PackageResources.greeting_mustache
        case .goodbye: PackageResources.goodbye_mustache
        case .voicemail: PackageResources.voicemail_mustache
        case .say: PackageResources.say_mustache
        case .fillers: PackageResources.fillers_mustache
        case .refused: PackageResources.refused_mustache
        case .transferAnnouncement: PackageResources.transfer_announcement_mustache
        case .transferUnanswered: PackageResources.transfer_unanswered_mustache
        case .technicalDifficulties: PackageResources.technical_difficulties_mustache
        case .reasoningFallback: PackageResources.reasoning_fallback_mustache
        case .withdrawnConsultation: PackageResources.withdrawn_consultation_mustache
        case .historyPreamble: PackageResources.history_preamble_mustache
        case .reasoner: PackageResources.reasoner_mustache
        case .summary: PackageResources.summary_mustache
        case .reasonerMessage: PackageResources.reasoner_message_mustache
        case .summaryMessage: PackageResources.summary_message_mustache
        }
    }
}
