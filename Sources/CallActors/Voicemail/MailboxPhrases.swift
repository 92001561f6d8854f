import Foundation

/// What the words of the far end say about it: sentences of mailboxes, and sentences that only people say.
///
/// The tables are meant to grow, a line for each wording, in lower case and without punctuation.
package struct MailboxPhrases: Sendable, Equatable {
    /// Only a machine says this.
    package var isPlain = false
    /// Groups of wordings that mailboxes use and people may too.
    package var hints: Set<String> = []
    /// A person is speaking: asks, answers, or talks about machines.
    package var isPersonal = false

    private static let plain = [
        "after the tone", "after the beep", "at the tone", "at the beep", "sound of the tone", "sound of the beep",
        "when you hear the tone", "when you hear the beep", "wait for the beep", "wait for the tone",
        "following the tone", "following the beep", "record your message", "record a message",
        "finished recording you may", "finished recording hang up", "done recording you may",
        "forwarded to voicemail", "forwarded to an automated voice", "forwarded to an automatic voice",
        "automated voice messaging", "automatic voice message system", "mailbox is full",
        "mailbox has not been set up", "voicemail box that has not been set up", "voice mailbox of",
        "voicemail box of", "to the voicemail of", "reached the voicemail", "reached the mailbox",
        "reached the voice mailbox", "not accepting messages", "leave your callback number",
        // Spanish, French, German.
        "después del tono", "despues del tono", "después de la señal", "buzón de voz de", "après le bip",
        "après le signal sonore", "nach dem signalton", "nach dem piepton", "nach dem ton",
    ]

    private static let hintTable: [(group: String, wordings: [String])] = [
        (
            "message",
            [
                "leave a message", "leave me a message", "leave us a message", "leave your message",
                "leave your name", "leave a brief message", "leave a detailed message", "leave a short message",
                "leave a voicemail", "deje su mensaje", "deje un mensaje", "laissez un message",
                "laissez moi un message", "hinterlassen sie",
            ]
        ),
        (
            "away",
            [
                "not available", "unavailable", "cannot come to the phone", "can't come to the phone",
                "cannot take your call", "can't take your call", "unable to take your call",
                "unable to come to the phone", "unable to answer", "can't answer the phone", "cannot answer",
                "not able to take your call", "not in the office", "away from my phone", "away from the phone",
                "away from my desk", "missed your call", "no está disponible", "no puedo atender",
                "nicht erreichbar", "pas disponible", "currently closed", "office is closed",
            ]
        ),
        ("reached", ["you have reached", "you've reached", "you reached", "ha llamado a", "vous êtes bien"]),
        ("mailbox", ["voicemail", "voice mail", "mailbox", "answering machine", "buzón", "messagerie", "mailbox von"]),
        (
            "return",
            [
                "get back to you", "return your call", "call you back as soon", "call you back at",
                "as soon as possible", "as soon as i can", "as soon as we can", "at your earliest convenience",
            ]
        ),
        (
            "dialled",
            [
                "the person you are", "the person you're", "the party you are", "the number you have dialed",
                "the subscriber you", "the customer you are", "the wireless customer",
            ]
        ),
    ]

    private static let personal = [
        "what was that", "was that a beep", "heard a beep", "hear a beep", "did you hear", "who is this", "who's this",
        "who is calling", "who's calling", "can i take a message", "i can take a message", "take a message for",
        "with me", "would you like", "do you want", "want me to", "did you", "are you", "can you hear",
        "hold on", "one second", "one moment", "just a second", "just a minute", "hang on", "i thought",
        "they told", "it said", "it says", "it told", "you said", "you left", "you can leave it", "asked me",
        "i left", "i'll leave", "i will leave", "i got your", "got your message", "got a message",
        "your voicemail said",
        "how can i help", "how may i help", "what can i do for you", "call me later", "call me back later",
        "i'm driving", "i am driving", "not interested", "call may be recorded", "call will be recorded",
        "calls are recorded", "quality", "for training",
    ]

    /// Reads one turn of the far end.
    package init(_ words: String) {
        let text = Self.normalized(words)
        // A mere "Hello?" says nothing yet.
        let isQuestion = words.contains("?") && text.split(separator: " ").count >= 3
        self.isPersonal = isQuestion || Self.personal.contains { Self.holds(text, $0) }
        // A menu that offers a mailbox is none: "to leave a message, press 3".
        let offersMenu = Self.holds(text, "message press") || Self.holds(text, "voicemail press")
        self.isPlain = Self.plain.contains { Self.holds(text, $0) }
        for (group, wordings) in Self.hintTable where !(offersMenu && (group == "message" || group == "mailbox")) {
            if wordings.contains(where: { Self.holds(text, $0) }) { self.hints.insert(group) }
        }
    }

    /// Lower case, straight apostrophes, no punctuation, one space between words and at both ends.
    private static func normalized(_ words: String) -> String {
        let lowered = words.lowercased().replacingOccurrences(of: "’", with: "'")
        let parts = lowered.split { !($0.isLetter || $0.isNumber || $0 == "'") }
        return " " + parts.joined(separator: " ") + " "
    }

    /// The wording stands in the text as whole words.
    private static func holds(_ text: String, _ wording: String) -> Bool { text.contains(" \(wording) ") }
}
