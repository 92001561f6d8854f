import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import CallRouter

@Suite("Calls over the API")
struct CallRouteTests {
    @Test("a call is shown with every field, null where nothing is known")
    func emptyCall() async throws {
        let fixture = RouterFixture()
        fixture.store.put(RouterFixture.record("c1", status: .queued))
        try await fixture.serve { server async throws in
            try await server.execute(uri: "/v1/calls/c1", method: .get) { response in
                #expect(response.status == .ok)
                let fields = try #require(
                    JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any]
                )
                #expect(
                    Set(fields.keys) == [
                        "call_id", "call_sid", "direction", "from", "to", "status", "outcome", "end_reason",
                        "call_type",
                        "objective", "lead_id", "business_id", "consumer_id", "scheduled_time", "attempt", "created_at",
                        "started_at", "ended_at", "duration_seconds", "transcript", "summary",
                        "consumer_interest_level",
                        "next_action", "appointment_time", "quote_amount", "recording_url", "error_message", "usage",
                        "cost_usd",
                    ]
                )
                #expect(fields["outcome"] is NSNull)
                #expect((fields["transcript"] as? [Any])?.isEmpty == true)
                #expect((fields["usage"] as? [String: Int])?.count == 6)
                #expect(fields["created_at"] as? String == "2026-09-21T14:13:20.000Z")
            }
        }
    }

    @Test("a call that is over is shown as it went")
    func fullCall() async throws {
        let fixture = RouterFixture()
        var record = RouterFixture.record("c1", sid: "CA1", status: .completed)
        record.outcome = .goalAchieved
        record.endReason = .aiHangup
        record.consumerInterestLevel = CallRecord.InterestLevel.none
        record.endedAt = Date(timeIntervalSince1970: 1_790_000_061.5)
        record.usage.claudeOutputTokens = 12
        let line = TranscriptLine(
            role: .assistant,
            content: "Hi <you> / \"there\"",
            at: record.createdAt,
            interrupted: true
        )
        record.transcript = [line]
        fixture.store.put(record)
        try await fixture.serve { server async throws in
            try await server.execute(uri: "/v1/calls/c1", method: .get) { response in
                let text = response.text
                #expect(text.contains(#""outcome":"goal_achieved""#))
                #expect(text.contains(#""end_reason":"ai_hangup""#))
                #expect(text.contains(#""consumer_interest_level":"none""#))
                #expect(text.contains(#""ended_at":"2026-09-21T14:14:21.500Z""#))
                #expect(text.contains(#""claude_output_tokens":12"#))
                #expect(
                    text.contains(
                        #""transcript":[{"at":"2026-09-21T14:13:20.000Z","content":"Hi <you> / \"there\"","#
                            + #""interrupted":true,"role":"assistant"}]"#
                    )
                )
            }
        }
    }

    @Test("calls are listed newest first, page by page, without transcripts")
    func list() async throws {
        let fixture = RouterFixture()
        for index in 0..<5 {
            let date = Date(timeIntervalSince1970: 1_790_000_000 + Double(index))
            fixture.store.put(
                RouterFixture.record("c\(index)", status: index == 0 ? .queued : .completed, createdAt: date)
            )
        }
        struct Page: Decodable {
            struct Call: Decodable { let call_id: String }
            let calls: [Call]
            let next_cursor: String?
        }
        try await fixture.serve { server async throws in
            var cursor: String? = ""
            var seen: [String] = []
            while let current = cursor {
                let uri = "/v1/calls?limit=2" + (current.isEmpty ? "" : "&cursor=\(current)")
                let page = try await server.execute(uri: uri, method: .get) { response in
                    #expect(!response.text.contains("transcript"))
                    return try JSONDecoder().decode(Page.self, from: Data(response.body.readableBytesView))
                }
                seen += page.calls.map(\.call_id)
                cursor = page.next_cursor
            }
            #expect(seen == ["c4", "c3", "c2", "c1", "c0"])
            try await server.execute(uri: "/v1/calls?status=queued", method: .get) { response in
                let page = try JSONDecoder().decode(Page.self, from: Data(response.body.readableBytesView))
                #expect(page.calls.map(\.call_id) == ["c0"])
                #expect(response.text.contains(#""next_cursor":null"#))
            }
        }
    }

    @Test(
        "a list that cannot be made says which field is wrong",
        arguments: [
            ("status=ringing_loudly", "status"), ("limit=0", "limit"), ("limit=x", "limit"), ("limit=201", "limit"),
            ("cursor=abc", "cursor"),
        ]
    )
    func badList(query: String, field: String) async throws {
        try await RouterFixture().serve { server async throws in
            try await server.execute(uri: "/v1/calls?\(query)", method: .get) { response in
                #expect(response.status == .badRequest)
                #expect(response.errorCode == "invalid_request")
                #expect(response.text.contains(#""fields":{"\#(field)":"#))
            }
        }
    }

    @Test("hanging up tells live calls from others and from unknown ones")
    func hangUp() async throws {
        let fixture = RouterFixture()
        fixture.store.put(RouterFixture.record("live", status: .inProgress))
        fixture.store.put(RouterFixture.record("over", status: .completed))
        fixture.switchboard.set { $0.live = ["live"] }
        try await fixture.serve { server async throws in
            try await server.execute(uri: "/v1/calls/live/hangup", method: .post) { #expect($0.status == .accepted) }
            try await server.execute(uri: "/v1/calls/over/hangup", method: .post) { response in
                #expect(response.status == .conflict)
                #expect(response.errorCode == "not_live")
            }
            try await server.execute(uri: "/v1/calls/none/hangup", method: .post) { response in
                #expect(response.status == .notFound)
                #expect(response.errorCode == "not_found")
            }
        }
    }

    @Test("a store that is down makes the API say so, and calls can still be ended")
    func storeDown() async throws {
        let fixture = RouterFixture()
        fixture.store.set { $0.isDown = true }
        fixture.switchboard.set { $0.live = ["live"] }
        try await fixture.serve { server async throws in
            for path in ["/v1/calls", "/v1/calls/c1"] {
                try await server.execute(uri: path, method: .get) { response in
                    #expect(response.status == .serviceUnavailable)
                    #expect(response.errorCode == "unavailable")
                    #expect(response.headers[.retryAfter] != nil)
                }
            }
            try await server.execute(uri: "/v1/calls/live/hangup", method: .post) { #expect($0.status == .accepted) }
        }
    }

    @Test("a recording is sent whole or in part")
    func recording() async throws {
        let directory = NSTemporaryDirectory() + "recording-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory + "/recordings", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // Longer than one piece, so that the response is streamed.
        let audio = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
        try audio.write(to: URL(fileURLWithPath: directory + "/recordings/c1.wav"))
        let fixture = RouterFixture(["DATA_DIR": directory])
        fixture.store.put(RouterFixture.record("c1", status: .completed))
        fixture.store.put(RouterFixture.record("c2", status: .completed))
        fixture.store.put(RouterFixture.record("../c1", status: .completed))
        try await fixture.serve { server async throws in
            let path = "/v1/calls/c1/recording.wav"
            try await server.execute(uri: path, method: .get) { response in
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == "audio/wav")
                #expect(Data(response.body.readableBytesView) == audio)
            }
            try await server.execute(uri: path, method: .get, headers: [.range: "bytes=100-199"]) { response in
                #expect(response.status == .partialContent)
                #expect(response.headers[.contentRange] == "bytes 100-199/300000")
                #expect(Data(response.body.readableBytesView) == audio[100..<200])
            }
            try await server.execute(uri: path, method: .get, headers: [.range: "bytes=300000-"]) { response in
                #expect(response.status == .rangeNotSatisfiable)
                #expect(response.headers[.contentRange] == "bytes */300000")
            }
            for other in ["c2", "..%2Fc1", "c3"] {
                try await server.execute(uri: "/v1/calls/\(other)/recording.wav", method: .get) { response in
                    #expect(response.status == .notFound, "\(other)")
                }
            }
        }
    }
}
