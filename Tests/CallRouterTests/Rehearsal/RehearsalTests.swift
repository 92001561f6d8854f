import CallActors
import NIOCore
import NIOPosix
import Testing
import Wire

@testable import CallRouter

@Suite struct RehearsalTests {
    private static func rehearsal(dialect: any ModelDialect = RealtimeDialect()) throws -> Rehearsal {
        Rehearsal(
            script: CallScript(prompts: try Prompts(), defaultSystemPrompt: ""),
            settings: CallSettings(),
            dialect: dialect,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next()
        )
    }

    @Test("the call is greeted, interrupts, is answered and hangs up")
    func comesToItsEnd() async throws {
        let end = try #require(await Self.rehearsal().run(within: .seconds(60)))
        #expect(end.reason == .callerHangup)
        #expect(end.modelWasReady)
        #expect(end.transcript.map(\.content).contains("Hello."))
        #expect(end.transcript.map(\.content).contains("How can I help?"))
    }

    @Test("a call that does not come to its end is ended, and nothing waits for it")
    func isBounded() async throws {
        // The model understands nothing, so nobody is greeted, and the caller never hangs up.
        #expect(try await Self.rehearsal(dialect: Mumble()).run(within: .milliseconds(20)) == nil)
    }

    private struct Mumble: ModelDialect {
        private let dialect = RealtimeDialect()

        func address(base: String, model: String) -> String { self.dialect.address(base: base, model: model) }
        func headers(apiKey: String, safetyIdentifier: String?) -> [(name: String, value: String)] { [] }
        func encode(_ command: ModelCommand, eventID: String) -> ByteBuffer { ByteBuffer(string: "{}") }
        var appendEnvelope: (prefix: StaticString, suffix: StaticString) { self.dialect.appendEnvelope }

        func decode(
            _ message: ByteBuffer,
            reusing recent: inout RecentIdentifiers
        ) throws(ModelMessageError) -> ModelEvent {
            try self.dialect.decode(message, reusing: &recent)
        }
    }

    @Test("every message of the peers is one that the decoders know")
    func messagesAreKnown() throws {
        for message in RehearsalCaller.messages(callID: "c") + [RehearsalCaller.stop] {
            if case .unknown = try CarrierDecoder.decode(ByteBuffer(string: message)) { Issue.record("\(message)") }
        }
        var recent = RecentIdentifiers()
        let messages =
            [RehearsalModel.created, RehearsalModel.updated] + RehearsalModel.greeting + RehearsalModel.interruption
            + RehearsalModel.reply
        for message in messages {
            let event = try RealtimeDialect().decode(ByteBuffer(string: message), reusing: &recent)
            if case .ignored = event { Issue.record("\(message)") }
        }
    }
}
