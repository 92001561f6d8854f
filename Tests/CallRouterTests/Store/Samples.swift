import CallActors
import Foundation

/// Records and journal entries that tests begin with.
enum Samples {
    static let start = Date(timeIntervalSinceReferenceDate: 800_000_000.125)

    static func call(
        _ callID: String,
        status: CallRecord.Status = .inProgress,
        createdAt: Date = Samples.start
    ) -> CallRecord {
        CallRecord(callID: callID, callSID: "CA-\(callID)", direction: .inbound, status: status, createdAt: createdAt)
    }

    /// A record in which every field has a value.
    static func fullCall(_ callID: String) -> CallRecord {
        var call = Self.call(callID, status: .queued)
        call.direction = .outbound
        call.from = "+15550100001"
        call.to = "+15550100002"
        call.callType = "qualify_lead"
        call.objective = "Ask for the \"budget\"; naïve 😀"
        call.systemPrompt = "Line one\nline two"
        call.voice = "marin"
        call.leadID = "lead"
        call.businessID = "business"
        call.consumerID = "consumer"
        call.initiatorID = "initiator"
        call.scheduledTime = Self.start.addingTimeInterval(0.1)
        call.attempt = 2
        call.startedAt = Self.start.addingTimeInterval(1.0 / 3)
        call.context = ["budget_max": "1200", "location_zip": "10001"]
        return call
    }

    static func line(_ role: TranscriptLine.Role, _ content: String, at seconds: Double = 0) -> TranscriptLine {
        TranscriptLine(role: role, content: content, at: Self.start.addingTimeInterval(seconds))
    }

    static func turn(_ itemID: String, order: Double, _ content: String) -> JournalEntry {
        self.entry(.turn(itemID: itemID, order: order, line: self.line(.user, content, at: order)))
    }

    static func entry(_ event: JournalEntry.Event, at seconds: Double = 0) -> JournalEntry {
        JournalEntry(at: Self.start.addingTimeInterval(seconds), event: event)
    }

    static func usage(_ tokens: Int) -> CallUsage {
        var usage = CallUsage()
        usage.modelInputTokens = tokens
        return usage
    }

    /// A random entry about few items, so that versions, removals and ends meet.
    static func randomEntry(_ index: Int, using random: inout SeededGenerator) -> JournalEntry {
        let item = "item\(Int.random(in: 0..<6, using: &random))"
        // Orders differ: equal ones are settled by the appearance of their first version, which may be given up.
        let order = Double(index) / 7 + Double.random(in: 0..<0.001, using: &random)
        let event: JournalEntry.Event =
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4: .turn(itemID: item, order: order, line: Self.line(.assistant, "version \(index)", at: order))
            case 5: .turnRemoved(itemID: item)
            case 6: .usage(Self.usage(index))
            case 7: .dtmf(digit: "5")
            case 8: .modelReady
            default: .ended(.callerHangup, errorMessage: "\(index)")
            }
        return Self.entry(event, at: Double(index))
    }
}
