import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing
import Wire

@testable import CallRouter

@Suite("Ordering a call")
struct CallOrderTests {
    private static let minimal = #"{"to":"+15551234567","call_type":"qualify_lead","objective":"Ask about the roof."}"#

    private func post(
        _ server: any TestClientProtocol,
        _ body: String,
        key: String? = nil,
        type: String? = "application/json"
    ) async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[try #require(HTTPField.Name("Idempotency-Key"))] = key
        return try await server.executeRequest(
            uri: "/v1/calls",
            method: .post,
            headers: headers,
            body: ByteBuffer(string: body)
        )
    }

    @Test("an order is taken with nothing but what it needs")
    func minimal() async throws {
        let fixture = RouterFixture()
        try await fixture.serve { server async throws in
            let response = try await self.post(server, Self.minimal)
            #expect(response.status == .accepted)
            #expect(response.text == #"{"call_id":"new","status":"queued"}"#)
            let odd = try await self.post(server, Self.minimal, type: "Application/JSON; charset=utf-8")
            #expect(odd.status == .accepted)
        }
        let order = try #require(fixture.intake.orders.first)
        #expect(
            order.call
                == NewCall(to: "+15551234567", callType: "qualify_lead", objective: "Ask about the roof.")
        )
        #expect(order.key == nil)
    }

    @Test("every field of an order reaches the call, details by the names that prompts know")
    func whole() async throws {
        let fixture = RouterFixture()
        let body = """
            {"to":"+15551234567","call_type":"follow_up","objective":"o","lead_id":"l","business_id":"b",
            "consumer_id":"c","initiator_id":"i","system_prompt":"You are a plumber.","voice":"marin",
            "scheduled_time":"2027-01-31T09:30:00.5-05:00",
            "lead_details":{"service_category":"roofing","problem_text":"It leaks.","urgency":"high","budget_max":500,
            "location_zip":"02139"},
            "business_details":{"name":"Acme","phone_number":"+15550100"}}
            """
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, body).status == .accepted)
            let nulls = #","lead_id":null,"lead_details":null,"business_details":{"name":null},"voice":null}"#
            #expect(try await self.post(server, Self.minimal.dropLast() + nulls).status == .accepted)
        }
        var call = NewCall(to: "+15551234567", callType: "follow_up", objective: "o")
        call.leadID = "l"
        call.businessID = "b"
        call.consumerID = "c"
        call.initiatorID = "i"
        call.systemPrompt = "You are a plumber."
        call.voice = "marin"
        call.scheduledTime = Date(timeIntervalSince1970: 1_801_405_800.5)
        call.context = [
            "service_category": "roofing", "problem_text": "It leaks.", "urgency": "high", "budget_max": "500",
            "location_zip": "02139", "business_name": "Acme", "business_phone_number": "+15550100",
        ]
        #expect(fixture.intake.orders.first?.call == call)
        #expect(fixture.intake.orders.last?.call.context == [:])
        #expect(fixture.intake.orders.count == 2)
    }

    @Test("all bad fields are named at once, those of nested objects with their paths")
    func everyBadField() async throws {
        let fixture = RouterFixture()
        let body = """
            {"to":"5551234","call_type":"sell","objective":"  ","lead_id":7,"voice":"a b","scheduled_time":"tomorrow",
            "system_prompt":"\\u0000","lead_details":{"urgency":[],"budget_max":-1,"colour":"red"},
            "business_details":"Acme","schedule_time":"2027-01-31T09:30:00Z"}
            """
        try await fixture.serve { server async throws in
            let response = try await self.post(server, body)
            #expect(response.status == .badRequest)
            #expect(response.errorCode == "invalid_request")
            #expect(
                response.badFields == [
                    "to", "call_type", "objective", "lead_id", "voice", "scheduled_time", "system_prompt",
                    "lead_details.urgency", "lead_details.budget_max", "lead_details.colour", "business_details",
                    "schedule_time",
                ]
            )
            let empty = try await self.post(server, "{}")
            #expect(empty.badFields == ["to", "call_type", "objective"])
        }
        #expect(fixture.intake.orders.isEmpty)
    }

    @Test(
        "what is no JSON object is refused as such",
        arguments: ["", "{", "[]", "null", "\"text\"", "{\"to\":1e999}", "{\"to\":\"\u{1}\"}", "{}{}"]
    )
    func noObject(body: String) async throws {
        try await RouterFixture().serve { server async throws in
            let response = try await self.post(server, body)
            #expect(response.status == .badRequest)
            #expect(response.errorCode == "invalid_request")
        }
    }

    @Test("a body that nests too deeply is refused like any other nonsense")
    func deep() async throws {
        try await RouterFixture().serve { server async throws in
            let deep = String(repeating: #"{"a":"#, count: 9000) + "1" + String(repeating: "}", count: 9000)
            #expect(try await self.post(server, deep).status == .badRequest)
        }
    }

    @Test(
        "only what is declared as JSON is read, so that no page in a browser places calls",
        arguments: [nil, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"] as [String?]
    )
    func contentType(type: String?) async throws {
        try await RouterFixture().serve { server async throws in
            let response = try await self.post(server, Self.minimal, type: type)
            #expect(response.status == .unsupportedMediaType)
            #expect(response.errorCode == "unsupported_media_type")
        }
    }

    @Test("a body that is too long is refused in the form of the API, and elsewhere in words")
    func tooLong() async throws {
        let fixture = RouterFixture()
        try await fixture.serve { server async throws in
            let long = String(repeating: " ", count: 64 * 1024 + 1)
            let response = try await self.post(server, long)
            #expect(response.status == .contentTooLarge)
            #expect(response.errorCode == "too_large")
            let client = try await RawClient(port: try #require(server.port))
            try await client.send("POST /laml/inbound HTTP/1.1\r\nHost: r\r\nContent-Length: 99999\r\n\r\n")
            let answer = await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 413"))
            #expect(answer.contains("text/plain"))
        }
    }

    @Test(
        "each reason for which an order is not taken has its status and code",
        arguments: [
            (CallIntakeError.invalid(["lead_id": "is no UUID"]), 400, "invalid_request"),
            (.notAllowed("premium-rate"), 403, "not_allowed"), (.optedOut, 409, "opted_out"),
            (.idempotencyMismatch, 422, "idempotency_mismatch"), (.draining, 503, "draining"),
            (.atCapacity, 503, "at_capacity"), (.carrierNotConfigured, 503, "carrier_not_configured"),
            (.storeUnavailable, 503, "unavailable"),
        ]
    )
    func refusals(error: CallIntakeError, status: Int, code: String) async throws {
        let fixture = RouterFixture()
        fixture.intake.refuse(error)
        try await fixture.serve { server async throws in
            let response = try await self.post(server, Self.minimal)
            #expect(response.status.code == status)
            #expect(response.errorCode == code)
            if case .invalid = error { #expect(response.badFields == ["lead_id"]) }
            #expect(!response.text.contains("+1555"), "an error names no number")
        }
    }

    @Test("where nothing places calls, the routes that need it say so")
    func noCarrier() async throws {
        var fixture = RouterFixture()
        fixture.hasOutbound = false
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, Self.minimal).errorCode == "carrier_not_configured")
            for path in ["/v1/opt-outs", "/v1/stats", "/v1/events"] {
                let response = try await server.executeRequest(uri: path, method: .get, headers: [:], body: nil)
                #expect(response.status == .serviceUnavailable)
                #expect(response.errorCode == "carrier_not_configured")
            }
        }
    }

    // MARK: - Sent again

    @Test("an order sent again has the same hash however it is written, and another order another one")
    func idempotency() async throws {
        let fixture = RouterFixture()
        let same = """
            { "objective" : "Ask about the roof.", "call_type":"qualify_lead", "lead_id":null,
            "to":"+1555123\\u0034567", "lead_details": null }
            """
        let other = Self.minimal.replacing("roof", with: "door")
        try await fixture.serve { server async throws in
            for body in [Self.minimal, same, other] {
                #expect(try await self.post(server, body, key: "k-1").status == .accepted)
            }
            fixture.intake.state.withLock { $0.status = .inProgress }
            let replay = try await self.post(server, Self.minimal, key: "k-1")
            #expect(replay.text == #"{"call_id":"new","status":"in_progress"}"#)
        }
        let keys = fixture.intake.orders.compactMap(\.key)
        #expect(keys.map(\.key) == ["k-1", "k-1", "k-1", "k-1"])
        #expect(keys[0] == keys[1])
        #expect(keys[0] != keys[2])
        #expect(keys[0].bodyHash.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    }

    @Test(
        "a key that is none is named as the bad field",
        arguments: ["a b", String(repeating: "k", count: 256), "ключ"]
    )
    func badKey(key: String) async throws {
        try await RouterFixture().serve { server async throws in
            let response = try await self.post(server, Self.minimal, key: key)
            #expect(response.status == .badRequest)
            #expect(response.badFields == ["Idempotency-Key"])
        }
    }

    // MARK: - Values

    @Test(
        "moments are read as RFC 3339 writes them",
        arguments: [
            ("1970-01-01T00:00:00Z", 0.0), ("2024-02-29T23:59:60Z", 1_709_251_200),
            ("2027-01-31T09:30:00-05:00", 1_801_405_800), ("2027-01-31t14:30:00.25z", 1_801_405_800.25),
            ("1969-12-31T23:59:59+00:00", -1), ("0001-01-01T00:00:00Z", -62_135_596_800),
        ]
    )
    func moments(text: String, seconds: Double) {
        #expect(RFC3339.date(text)?.timeIntervalSince1970 == seconds)
    }

    @Test(
        "what is no moment is refused",
        arguments: [
            "", "2027-01-31", "2027-01-31T09:30:00", "2027-01-31 09:30:00Z", "2027-02-29T00:00:00Z",
            "2027-13-01T00:00:00Z", "2027-01-31T24:00:00Z", "2027-01-31T09:30:00.Z", "2027-01-31T09:30:00+05",
            "2027-01-31T09:30:00Z ", "٢٠٢٧-01-31T09:30:00Z", "2027-1-31T09:30:00Z", "2027-01-31T09:30:00-24:00",
        ]
    )
    func noMoments(text: String) { #expect(RFC3339.date(text) == nil) }

    @Test("every moment that we write is read as itself")
    func roundTrip() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let milliseconds = Int64.random(in: -11_000_000_000_000...250_000_000_000_000, using: &generator)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            let read = RFC3339.date(date.timestamp)
            #expect(abs((read ?? .distantFuture).timeIntervalSince(date)) < 0.002, "\(date.timestamp)")
        }
    }

    @Test("no body, however mutilated, is taken for something that it is not")
    func fuzz() {
        var generator = SeededGenerator(seed: 11)
        let whole = Array(Self.minimal.utf8)
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(bytes.randomElement(using: &generator) ?? 0, at: index)
                }
            }
            guard case .object(let members)? = JSONDocument(parsing: String(decoding: bytes, as: UTF8.self)) else {
                continue
            }
            do {
                let call = try CallOrder(members, numbers: FakeNumbers()).call
                #expect(FakeNumbers().check(call.to) != .malformed)
                #expect(CallOrder.callTypes.contains(call.callType))
                #expect(TextRule.fault(of: call.objective, limit: CallOrder.limits.objective) == nil)
            } catch {
                #expect(error.fields?.isEmpty == false)
            }
        }
    }
}
