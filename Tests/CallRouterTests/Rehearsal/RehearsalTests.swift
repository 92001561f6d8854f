import CallActors
import NIOCore
import NIOPosix
import Testing
import Wire

@testable import CallRouter

@Suite struct RehearsalTests {
    private static func rehearsal() throws -> Rehearsal {
        Rehearsal(
            script: CallScript(prompts: try Prompts(), defaultSystemPrompt: ""),
            settings: CallSettings(),
            dialect: RealtimeDialect(),
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
        #expect(try await Self.rehearsal().run(within: .zero) == nil)
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
