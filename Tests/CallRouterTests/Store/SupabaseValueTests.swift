import CallActors
import Foundation
import NIOHTTP1
import Testing
import Wire

@testable import CallRouter

@Suite struct SupabaseValueTests {
    @Test("errors are told apart by what is to be done about them")
    func kinds() {
        func kind(_ status: Int, _ code: String?) -> SupabaseError.Kind {
            SupabaseError(status: status, body: code.map { ["code": .string($0)] }).kind
        }
        for (status, code) in [(503, "PGRST000"), (504, "PGRST003"), (500, "40001"), (500, "57014"), (400, "53300")] {
            #expect(kind(status, code) == .unavailable, "\(code)")
        }
        for status in [408, 429, 500, 502, 503, 520] { #expect(kind(status, nil) == .unavailable, "\(status)") }
        for (status, code) in [(401, "PGRST301"), (500, "PGRST300"), (403, "42501"), (404, "PGRST205"), (401, nil)] {
            #expect(kind(status, code) == .misconfigured, "\(status)")
        }
        for (status, code) in [(400, "PGRST204"), (409, "23503"), (409, "23505"), (400, "22P02"), (406, "PGRST116")] {
            #expect(kind(status, code) == .refused, "\(code)")
        }
        #expect(SupabaseError.unreachable("refused").kind == .unavailable)
    }

    @Test("an error says which column it is about, and never what was in it")
    func columns() {
        func error(_ code: String, _ message: String, _ details: String? = nil) -> SupabaseError {
            SupabaseError(
                status: 400,
                body: [
                    "code": .string(code), "message": .string(message),
                    "details": details.map { JSONDocument.string($0) } ?? .null,
                ]
            )
        }
        let missing = error("PGRST204", "Could not find the 'next_action' column of 'calls' in the schema cache")
        #expect(missing.unknownColumn == "next_action")
        #expect(error("42703", "column calls.end_reason does not exist").unknownColumn == "end_reason")
        #expect(error("42703", #"column "x" of relation "calls" does not exist"#).unknownColumn == "x")
        let constraint = #"insert or update on table "calls" violates foreign key constraint "calls_lead_id_fkey""#
        #expect(error("23503", constraint).danglingColumn == "lead_id")
        let dangling = error("23503", constraint, #"Key (consumer_id)=(secret) is not present in table "users"."#)
        #expect(dangling.danglingColumn == "consumer_id")
        #expect(!dangling.description.contains("secret"))
        let empty = #"null value in column "initiator_id" of relation "calls" violates not-null constraint"#
        #expect(error("23502", empty).emptyColumn == "initiator_id")
        #expect(missing.danglingColumn == nil)
        #expect(missing.duplicateColumn == nil)
    }

    @Test(
        "instants are read as PostgreSQL writes them",
        arguments: [
            ("2026-11-23T10:00:00+00:00", 0.0), ("2026-11-23T10:00:00.25+00:00", 0.25),
            ("2026-11-23T11:00:00.125+01:00", 0.125), ("2026-11-23 06:30:00-03:30", 0), ("2026-11-23T10:00:00Z", 0),
        ]
    )
    func dates(text: String, fraction: Double) throws {
        let date = try #require(SupabaseRow.date(.string(text)))
        #expect(date == Date(timeIntervalSince1970: 1_795_428_000 + fraction))
    }

    @Test("an instant that we write is the one that we read")
    func datesRoundTrip() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<1_000 {
            let milliseconds = Int64.random(in: 0..<4_000_000_000_000, using: &random)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
            let read = SupabaseRow.date(.string(date.timestamp))
            #expect(read.map { abs($0.timeIntervalSince(date)) < 0.0015 } ?? false)
        }
        for text in ["", "now", "2026", "2026-11-23", "2026-11-23T10:00"] {
            #expect(SupabaseRow.date(.string(text)) == nil)
        }
    }

    @Test("a status may only come from those before it")
    func guards() {
        var call = Samples.call("c", status: .ringing)
        #expect(
            SupabaseRow.statuses(before: call, isNextAttempt: false)
                == ["queued", "scheduled", "initiating", "ringing"]
        )
        call.status = .queued
        #expect(SupabaseRow.statuses(before: call, isNextAttempt: false) == ["queued", "scheduled"])
        #expect(SupabaseRow.statuses(before: call, isNextAttempt: true).contains("in_progress"))
        call.status = .completed
        #expect(SupabaseRow.statuses(before: call, isNextAttempt: false).contains("completed"))
        #expect(!SupabaseRow.statuses(before: call, isNextAttempt: true).contains("failed"))
    }

    @Test("waits grow to their bound, with jitter")
    func backoff() {
        for failures in 1..<40 {
            for random in [0.0, 0.5, 0.999] {
                let outage = OutboxBackoff.outage(failures: failures, random: random)
                #expect(outage >= .milliseconds(500) && outage <= .seconds(60))
                let refusal = OutboxBackoff.refusal(failures: failures, random: random)
                #expect(refusal >= .seconds(15) && refusal <= .seconds(3_600))
            }
        }
        #expect(OutboxBackoff.outage(failures: 1, random: 0) == .milliseconds(500))
        #expect(OutboxBackoff.outage(failures: 30, random: 0) == .seconds(30))
    }

    @Test("values in a filter are quoted, and a plus stays one")
    func quoting() {
        #expect(SupabaseRequest.anyOf(["a", #"b"\c"#]) == #"in.("a","b\"\\c")"#)
        let request = SupabaseRequest(.GET, "leads", [("contact_phone", SupabaseRequest.anyOf(["+1 (555)"]))])
        #expect(request.target == "/leads?contact_phone=in.(%22%2B1%20(555)%22)")
    }

    @Test("a number is looked up as people write it")
    func notations() {
        let american = SupabaseStore.notations(of: "+15551234567")
        for text in ["+15551234567", "15551234567", "5551234567", "(555) 123-4567", "555-123-4567", "+1 555 123 4567"] {
            #expect(american.contains(text), "\(text)")
        }
        #expect(Set(american).count == american.count)
        #expect(SupabaseStore.notations(of: "+493012345") == ["+493012345", "493012345", "00493012345"])
        #expect(SupabaseStore.notations(of: "anonymous") == ["anonymous"])
    }
}
