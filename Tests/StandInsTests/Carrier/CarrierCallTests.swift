import Foundation
import NIOHTTP1
import StandIns
import Testing
import Wire

@Suite struct CarrierCallTests {
    @Test("a call fetches its document with the carrier's form, opens the stream with its token, and says start")
    func opensStream() async throws {
        try await withRouter { router in
            let call = StandInCarrier(settings: router.settings).makeCall(from: "+15555550123")
            async let network: Void = call.run()
            try await router.waitForStart()
            let state = router.state.current
            #expect(state.requests.first?.path == "/laml/inbound")
            #expect(state.requests.first?.form["From"] == "+15555550123")
            #expect(state.requests.first?.form["CallSid"] == call.record.read(\.callSID))
            #expect(state.upgrades.first?.authorization == "Bearer t&1")
            #expect(state.messages.first?["event"] == "connected")
            let start = try #require(state.events("start").first)
            #expect(start["start"]?["customParameters"]?["callId"] == "c-1")
            #expect(call.record.read(\.callID) == "c-1")
            await call.hangUp()
            await network
            #expect(call.record.current.end == .callerHungUp)
        }
    }

    @Test("every message has the members of its documented example, in either dialect")
    func documentedShapes() async throws {
        let dialects: [(CarrierSettings.Dialect, String)] = [
            (.signalWire, "signalwire-inbound.jsonl"), (.twilio, "twilio-inbound.jsonl"),
        ]
        for (dialect, fixture) in dialects {
            let documented = try Fixture.lines(fixture)
            let sent = try await withRouter { router in
                var settings = router.settings
                settings.dialect = dialect
                let call = StandInCarrier(settings: settings).makeCall()
                async let network: Void = call.run()
                try await router.waitForStart()
                router.mark("one")
                await call.press("5")
                try await router.state.wait(for: "media, dtmf and mark") { state in
                    let seen = ["media", "dtmf", "mark"].allSatisfy { !state.events($0).isEmpty }
                    return seen ? () : nil
                }
                await call.hangUp()
                await network
                return router.state.current.messages
            }
            #expect(
                Set(sent.compactMap { $0["event"]?.string }) == ["connected", "start", "media", "dtmf", "mark", "stop"]
            )
            for message in sent {
                let examples = documented.filter { $0["event"] == message["event"] }
                let paths = Fixture.paths(message)
                // The token is a parameter of one example only.
                let known = examples.map { Fixture.paths($0).union(["start.customParameters.token"]) }
                let own = message["event"] == "start" ? paths.union(["start.customParameters.token"]) : paths
                let all = message["event"] == "start" ? known : examples.map { Fixture.paths($0) }
                #expect(all.contains(own), "\(dialect) \(message["event"]?.string ?? "") has \(paths.sorted())")
            }
        }
    }

    @Test("sequence numbers count all messages but marks, chunks count media, and timestamps grow by the frame")
    func counters() async throws {
        try await withRouter { router in
            let call = StandInCarrier(settings: router.settings).makeCall()
            async let network: Void = call.run()
            try await router.state.wait(for: "ten frames") { $0.events("media").count >= 10 ? () : nil }
            await call.hangUp()
            await network
            let media = router.state.current.events("media")
            for (index, message) in media.enumerated() {
                #expect(message["sequenceNumber"]?.string == String(index + 2))
                #expect(message["media"]?["chunk"]?.string == String(index + 1))
            }
            let stamps = media.compactMap { message in
                message["media"]?["payload"]?.string.flatMap { Data(base64Encoded: $0) }
                    .flatMap { FrameStamp(readingFrom: [UInt8]($0)[...], format: .pcmu) }
            }
            #expect(stamps.count == media.count)
            #expect(zip(stamps, stamps.dropFirst()).allSatisfy { $1.sequence == $0.sequence + 1 })
            #expect(stamps.allSatisfy { $0.source == call.record.read(\.number) })
        }
    }

    @Test("a mark comes back once the audio before it was played; with clear at once, and nothing more is heard")
    func marksAndClear() async throws {
        try await withRouter { router in
            let call = StandInCarrier(settings: router.settings).makeCall()
            async let network: Void = call.run()
            try await router.waitForStart()
            router.mark("at once")
            router.play(Array(repeating: 0x20, count: 1600))
            router.mark("after 200 ms")
            try await router.state.wait(for: "two marks") { $0.events("mark").count == 2 ? () : nil }
            router.play(Array(repeating: 0x20, count: 80_000))
            router.mark("after ten seconds")
            router.clear()
            try await router.state.wait(for: "three marks") { $0.events("mark").count == 3 ? () : nil }
            let stream = try #require(call.record.current.streams.first)
            #expect(stream.marks.map(\.name) == ["at once", "after 200 ms", "after ten seconds"])
            #expect(stream.marks.map(\.isCleared) == [false, false, true])
            let (sent, echoed) = (stream.marks[1].at, try #require(stream.marks[1].echoedAt))
            #expect(sent.duration(to: echoed) >= .milliseconds(199))
            let clear = try #require(stream.clears.first)
            #expect(clear.discardedByteCount > 70_000)
            #expect(stream.items.reduce(0) { $0 + $1.heardByteCount } < 11_600)
            await call.hangUp()
            await network
        }
    }

    @Test("when the router closes the stream the next verb runs; a redirect is followed to its end")
    func followsRedirect() async throws {
        try await withRouter(then: {
            "<Redirect method=\"POST\">http://127.0.0.1:\($0)/laml/call/c-1/resume</Redirect>"
        }) {
            router in
            let call = StandInCarrier(settings: router.settings).makeCall()
            async let network: Void = call.run()
            try await router.waitForStart()
            router.state.current.sockets.last?.close(code: 1000, reason: "call over")
            await network
            let record = call.record.current
            #expect(record.end == .documentEnded)
            #expect(record.streams.first?.close?.code == 1000)
            #expect(record.streams.first?.close?.byPeer == true)
            #expect(router.state.current.requests.map(\.path) == ["/laml/inbound", "/laml/call/c-1/resume"])
            #expect(router.state.current.events("stop").isEmpty)
        }
    }

    @Test("a call that hangs up says stop before it closes, and fetches nothing more")
    func hangsUp() async throws {
        try await withRouter(then: { "<Redirect>http://127.0.0.1:\($0)/laml/call/c-1/resume</Redirect>" }) { router in
            let call = StandInCarrier(settings: router.settings).makeCall()
            async let network: Void = call.run()
            try await router.waitForStart()
            await call.hangUp()
            await network
            let state = try await router.state.wait(for: "the close") { $0.closes.isEmpty ? nil : $0 }
            #expect(state.messages.last?["event"] == "stop")
            #expect(state.requests.count == 1)
        }
    }

    @Test("a refused upgrade is noted and the next verb runs")
    func refusedUpgrade() async throws {
        try await withRouter(refusing: .unauthorized) { router in
            let call = StandInCarrier(settings: router.settings).makeCall()
            await call.run()
            #expect(call.record.current.refusedUpgrades == [401])
            #expect(call.record.current.end == .documentEnded)
        }
    }

    @Test("documents are fetched below the public URL, and signed over it")
    func publicURL() async throws {
        try await withRouter(refusing: .forbidden) { router in
            var settings = router.settings
            settings.publicURL = "http://router.localhost/prefix"
            settings.signingKey = "PSKexample"
            let carrier = StandInCarrier(settings: settings)
            carrier.route("127.0.0.1:\(router.server.port)", to: router.server.port)
            let call = carrier.makeCall()
            await call.run()
            let request = try #require(router.state.current.requests.first)
            #expect(request.path == "/prefix/laml/inbound")
            let form = request.form.map { (name: $0.key, value: $0.value) }
            let expected = WebhookSigner(key: "PSKexample")
                .signature(url: "http://router.localhost/prefix/laml/inbound", form: form)
            #expect(request.signature == expected)
        }
    }

    @Test(
        "what the router may not send is noted: another stream's messages, unknown events, media with a field too many"
    )
    func anomalies() async throws {
        try await withRouter { router in
            let call = StandInCarrier(settings: router.settings).makeCall()
            async let network: Void = call.run()
            try await router.waitForStart()
            let sid = StandInJSON.string(router.state.read(\.streamSID))
            router.send(["event": "clear", "streamSid": "another"])
            router.send(["event": "stop", "streamSid": sid])
            router.send(["event": "media", "streamSid": sid, "media": ["payload": "/w==", "track": "outbound"]])
            router.send(["event": "media", "streamSid": sid, "media": ["payload": "?"]])
            let anomalies = try await call.record.wait(for: "four anomalies") { record in
                record.anomalies.count == 4 ? record.anomalies : nil
            }
            #expect(anomalies.allSatisfy { $0.contains("31951") })
            await call.hangUp()
            await network
        }
    }
}
