import CallActors
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

@testable import CallRouter

/// Calls that a test decides about.
final class FakeSwitchboard: CallSwitchboard {
    struct State {
        var activeCallCount = 0
        var isDraining = false
        var hasCapacity = true
        var live: Set<String> = []
        /// The numbers that live calls are being handed to.
        var transfers: [String: String] = [:]
        /// What was asked of the switchboard, in order.
        var log: [String] = []
        var drains: [CheckedContinuation<Void, Never>] = []
        var stop: CheckedContinuation<Void, Never>?
        var isStopped = false
    }

    let state = Mutex(State())

    var activeCallCount: Int { self.state.withLock { $0.activeCallCount } }
    var isDraining: Bool { self.state.withLock { $0.isDraining } }
    var hasCapacity: Bool { self.state.withLock { $0.hasCapacity } }
    var log: [String] { self.state.withLock { $0.log } }

    func set(_ change: (inout State) -> Void) { self.state.withLock { change(&$0) } }

    func recover() async { self.note("recover") }

    func run() async {
        await withCheckedContinuation { continuation in
            let isStopped = self.state.withLock { state in
                state.stop = state.isStopped ? nil : continuation
                return state.isStopped
            }
            if isStopped { continuation.resume() }
        }
        self.note("all stored")
    }

    func isLive(callID: String) async -> Bool { self.state.withLock { $0.live.contains(callID) } }

    func hangUp(callID: String) async -> Bool {
        self.note("hang up")
        return self.state.withLock { $0.live.remove(callID) != nil }
    }

    func say(callID: String, text: String) async -> Bool {
        self.note("say \(text)")
        return await self.isLive(callID: callID)
    }

    func transfer(callID: String, to number: String) async -> Bool {
        self.note("transfer to \(number)")
        return self.state.withLock { state in
            guard state.live.contains(callID) else { return false }
            state.transfers[callID] = number
            return true
        }
    }

    func transferTarget(callID: String) async -> String? { self.state.withLock { $0.transfers[callID] } }

    func transferEnded(callID: String, answered: Bool) async { self.note("transfer ended, answered: \(answered)") }

    func dialled(callID: String, patience: Duration) async { self.note("dialled") }

    func answered(callID: String) async { self.note("answered") }

    func withdrawn(callID: String) async { self.note("withdrawn") }

    func detected(_ answeredBy: AnsweredBy, callID: String) async { self.note("detected \(answeredBy.rawValue)") }

    func carrierEnded(callID: String, reason: EndReason, errorMessage: String?) async {
        self.note("carrier ended \(callID) \(reason.rawValue)")
        self.state.withLock { _ = $0.live.remove(callID) }
    }

    func refuseCalls() async {
        self.note("refuse calls")
        self.state.withLock { $0.isDraining = true }
    }

    func waitUntilDrained(deadline: Duration?) async {
        self.note("drain \(deadline.map { "\($0.milliseconds)" } ?? "-")")
        await withCheckedContinuation { continuation in
            let isEmpty = self.state.withLock { state in
                if state.activeCallCount > 0 { state.drains.append(continuation) }
                return state.activeCallCount == 0
            }
            if isEmpty { continuation.resume() }
        }
    }

    func undrain() async {
        self.note("undrain")
        self.state.withLock { $0.isDraining = false }
        self.resumeDrains()
    }

    func endAllNow() async {
        self.note("end all")
        self.loseCalls()
    }

    func shutdown() async {
        self.note("shutdown")
        let stop = self.state.withLock { state in
            state.isStopped = true
            defer { state.stop = nil }
            return state.stop
        }
        stop?.resume()
    }

    /// The live calls come to their own end.
    func loseCalls() {
        self.state.withLock { $0.activeCallCount = 0 }
        self.resumeDrains()
    }

    private func resumeDrains() {
        let drains = self.state.withLock { state in
            defer { state.drains = [] }
            return state.drains
        }
        for drain in drains { drain.resume() }
    }

    private func note(_ text: String) { self.state.withLock { $0.log.append(text) } }
}

/// A store in memory.
final class FakeStore: CallStore {
    struct State {
        var calls: [String: CallRecord] = [:]
        var isDown = false
        /// Only what is here can be found and written: the hosted system behind it does not answer.
        var isAlone = false
        var flushCount = 0
        var optOuts: [OptOut] = []
        var statistics = CallStatistics()
        /// Since when totals were asked for.
        var statisticsSince: Date?
    }

    let state = Mutex(State())

    func set(_ change: (inout State) -> Void) { self.state.withLock { change(&$0) } }
    func put(_ record: CallRecord) { self.state.withLock { $0.calls[record.callID] = record } }
    var calls: [CallRecord] { self.state.withLock { Array($0.calls.values) } }

    func access<Value>(_ body: (inout State) -> Value) throws(StoreError) -> Value {
        let result: Value? = self.state.withLock { $0.isDown ? nil : body(&$0) }
        guard let result else { throw .unavailable("down") }
        return result
    }

    func call(id: String) async throws(StoreError) -> CallRecord? { try self.access { $0.calls[id] } }

    func call(sid: String) async throws(StoreError) -> CallRecord? {
        let call = try self.access { state in state.calls.values.first { $0.callSID == sid } }
        if call == nil, self.state.withLock({ $0.isAlone }) { throw .unavailable("alone") }
        return call
    }

    func insert(_ record: CallRecord) async throws(StoreError) {
        try self.access { state in
            if state.calls[record.callID] == nil { state.calls[record.callID] = record }
        }
    }

    func update(callID: String, _ change: CallChange) async throws(StoreError) -> CallRecord? {
        try self.access { state in
            if let sid = change.callSID { state.calls[callID]?.callSID = sid }
            return state.calls[callID]
        }
    }

    func append(_ entry: JournalEntry, to callID: String) {}
    func flush() async throws(StoreError) { try self.access { $0.flushCount += 1 } }
    func journal(of callID: String) async throws(StoreError) -> [JournalEntry] { [] }
    func liveCalls() async throws(StoreError) -> [CallRecord] { [] }
    func callsAwaitingSummary() async throws(StoreError) -> [CallRecord] { [] }

    func calls(status: CallRecord.Status?, limit: Int, cursor: String?) async throws(StoreError) -> CallPage {
        if let cursor, Int(cursor) == nil { throw .refused("no cursor of ours") }
        let start = cursor.flatMap { Int($0) } ?? 0
        return try self.access { state in
            let all = state.calls.values.filter { status == nil || $0.status == status }
                .sorted { $0.createdAt > $1.createdAt }
            let page = Array(all.dropFirst(start).prefix(limit))
            let end = start + page.count
            return CallPage(calls: page, nextCursor: end < all.count ? String(end) : nil)
        }
    }
}

/// Streams that echo what they get, or are refused.
final class FakeMedia: MediaStreamAccepting {
    struct State {
        var decision = UpgradeDecision.accept
        var uris: [String] = []
    }

    let state = Mutex(State())

    var uris: [String] { self.state.withLock { $0.uris } }
    func set(_ decision: UpgradeDecision) { self.state.withLock { $0.decision = decision } }

    func decide(_ head: HTTPRequestHead, remoteAddress: SocketAddress?) -> UpgradeDecision {
        self.state.withLock { state in
            state.uris.append(head.uri)
            return state.decision
        }
    }

    func install(on channel: any Channel, head: HTTPRequestHead, remoteAddress: SocketAddress?) throws {
        try channel.pipeline.syncOperations.addHandler(Echo())
    }

    /// Sends every byte back, so that a test sees that the bytes reach the stream.
    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(Self.wrapOutboundOut(Self.unwrapInboundIn(data)), promise: nil)
        }
    }
}

/// Tokens that can be told apart.
struct FakeTokens: StreamTokenIssuing {
    func issue(callID: String, now: Date) -> String { "token-of-\(callID)" }
}

/// Takes the signature `good` and remembers what it was asked about.
final class FakeWebhooks: WebhookVerifying {
    let questions = Mutex<[(url: String, form: [String])]>([])

    func isValid(jsonSignature: String, url: String, body: ByteBuffer, settings: String?) -> Bool {
        self.questions.withLock { $0.append((url, [String(buffer: body)])) }
        return jsonSignature == "good"
    }

    func isValid(signature: String, url: String, form: [(String, String)], settings: String?) -> Bool {
        self.questions.withLock { $0.append((url, form.map { "\($0.0)=\($0.1)" })) }
        return signature == "good"
    }
}

/// Counts what routes tell the metrics.
final class RouteMetering: CallMetering {
    let rejections = Mutex<[RejectReason]>([])
    let malformed = Mutex(0)

    func frameWritten(_ direction: FrameDirection, relay: Duration) {}
    func framesDropped(_ direction: FrameDirection, reason: FrameDropReason, count: Int) {}
    func framesReplayed(count: Int) {}
    func malformedMessage(_ peer: MeteredPeer) { self.malformed.withLock { $0 += 1 } }
    func turnLatency(_ latency: Duration) {}
    func bargeIn(_ latency: Duration) {}
    func reasoning(_ latency: Duration, fellBack: Bool) {}
    func restarted(_ part: MeteredPart) {}
    func reaped(_ reason: ReapReason) {}
    func error(_ kind: CallErrorKind) {}
    func streamRejected(_ reason: RejectReason) { self.rejections.withLock { $0.append(reason) } }
    func activeCalls(_ count: Int) {}
    func connections(_ peer: MeteredPeer, delta: Int) {}
    func callEnded(duration: Duration) {}
    func outcome(_ outcome: CallRecord.Outcome) {}
    func cost(usd: Double) {}
}
