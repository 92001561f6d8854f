import CallActors
import Foundation
import NIOCore
import Wire

/// Knows the one rehearsed call, and keeps nothing.
struct RehearsalStore: CallStore {
    let callID: String

    func call(id: String) async throws(StoreError) -> CallRecord? {
        guard id == self.callID else { return nil }
        return CallRecord(callID: id, direction: .inbound, status: .ringing, createdAt: Date())
    }

    func call(sid: String) async throws(StoreError) -> CallRecord? { nil }
    func insert(_ record: CallRecord) async throws(StoreError) {}
    func update(callID: String, _ change: CallChange) async throws(StoreError) -> CallRecord? { nil }
    func append(_ entry: JournalEntry, to callID: String) {}
    func flush() async throws(StoreError) {}
    func journal(of callID: String) async throws(StoreError) -> [JournalEntry] { [] }
    func liveCalls() async throws(StoreError) -> [CallRecord] { [] }
    func callsAwaitingSummary() async throws(StoreError) -> [CallRecord] { [] }

    func calls(status: CallRecord.Status?, limit: Int, cursor: String?) async throws(StoreError) -> CallPage {
        CallPage(calls: [], nextCursor: nil)
    }
}

/// Is never asked: the rehearsed model has no hard questions.
struct RehearsalReasoner: Reasoner {
    func advise(_ question: ReasoningQuestion) async throws(ReasoningError) -> ReasoningAnswer {
        ReasoningAnswer(advice: "", inputTokens: 0, outputTokens: 0)
    }
}

/// Opens sockets to ``RehearsalModel``, which asks for no HTTP.
struct RehearsalConnector: ModelConnector {
    let dialect: any ModelDialect
    let address: SocketAddress

    func connect(on loop: CallLoop, endUser: String?, receiver: any ModelReceiver) async throws(ModelConnectError) {
        let dialect = self.dialect
        do {
            let opened = try await Rehearsal.connect(to: self.address, on: loop.eventLoop) { channel in
                let socket = ModelSocket(dialect: dialect, loop: loop, receiver: receiver)
                let handler = WebSocketHandler(
                    role: .client,
                    isPlain: true,
                    maxMessageByteCount: 1 << 20,
                    delegate: socket
                )
                try channel.pipeline.syncOperations.addHandler(handler)
                return NIOLoopBound((socket, handler), eventLoop: channel.eventLoop)
            }
            loop.eventLoop.execute { opened.value.0.open(opened.value.1) }
        } catch {
            throw .unreachable("\(error)")
        }
    }
}
