import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Wire

@testable import CallActors

/// Everything around calls, faked: real event loops, and ports that do what the test says.
final class CallBench: Sendable {
    let connector: FakeModelConnector
    let reasoner = FakeReasoner()
    let store: MemoryStore
    let metrics = CountingMetrics()
    let notices = EventLog<CallNotice>()
    let ends = EventLog<CallEnd>()
    let recording = EventLog<RecordedEvent>()
    let loop: CallLoop
    let settings: CallSettings
    private let isRecording: Bool
    /// Ends are stored only while this is open.
    let ending: Gate
    /// The carrier's account; nil: none.
    let carrier: FakeCarrierControl?
    /// Numbers that were opted out.
    let optOuts = EventLog<String>()
    let callbacks = EventLog<String>()
    /// Opt-outs are written only while this is open.
    let optingOut: Gate

    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    static let loops: [CallLoop] = MultiThreadedEventLoopGroup.singleton.makeIterator().map { CallLoop($0) }

    init(
        connector: FakeModelConnector = FakeModelConnector(),
        store: MemoryStore = MemoryStore(CallBench.record()),
        isRecording: Bool = false,
        ending: Gate = Gate(),
        carrier: FakeCarrierControl? = nil,
        optingOut: Gate = Gate(),
        _ change: (inout CallSettings) -> Void = { _ in }
    ) {
        self.connector = connector
        self.store = store
        self.isRecording = isRecording
        self.ending = ending
        self.carrier = carrier
        self.optingOut = optingOut
        self.loop = Self.loops[0]
        var settings = CallSettings()
        settings.idleTimeout = nil
        change(&settings)
        self.settings = settings
    }

    var ports: CallPorts {
        var recorder: (@Sendable (String, AudioFormat) -> (any CallRecorder)?)?
        if self.isRecording { recorder = { _, _ in FakeRecorder(log: self.recording) } }
        var ports = CallPorts(
            connector: self.connector,
            reasoner: self.reasoner,
            store: self.store,
            metrics: self.metrics,
            observer: NoticeLog(log: self.notices),
            script: { _ in .sample },
            reasoningFallback: "nobody knows",
            recorder: recorder,
            ended: { end in
                await self.ending.pass()
                self.store.finish(end)
                self.ends.append(end)
            }
        )
        if let carrier = self.carrier {
            ports.carrier = CarrierActions(control: carrier) { callID, document in
                "https://router/\(callID)/\(document)"
            }
        }
        ports.sayInstructions = { "say: \($0)" }
        ports.optOut = { number in
            await self.optingOut.pass()
            self.optOuts.append(number)
            return true
        }
        ports.scheduleCallback = { record, date, note in
            self.callbacks.append("\(record.farParty ?? "-") \(note)")
            return note == "no" ? .refused("not now") : .scheduled(date)
        }
        ports.price = { usage, _ in Double(usage.voice.outputAudio) }
        return ports
    }

    func session(_ record: CallRecord = CallBench.record(), past: CallPast = CallPast()) -> CallSession {
        CallSession(
            record: record,
            past: past,
            settings: self.settings,
            ports: self.ports,
            loop: self.loop,
            logger: Self.logger
        )
    }

    func registry() -> CallRegistry {
        CallRegistry(
            settings: self.settings,
            ports: self.ports,
            nextLoop: { Self.loops[0] },
            logger: Self.logger
        )
    }

    static func record(
        _ callID: String = "call",
        direction: CallRecord.Direction = .inbound,
        status: CallRecord.Status = .ringing
    ) -> CallRecord {
        var record = CallRecord(callID: callID, direction: direction, status: status, createdAt: Date())
        record.from = "+15550100"
        record.to = "+15550199"
        return record
    }

    /// One 20 ms frame of the caller, told apart by its number.
    static func frame(_ number: Int) -> ByteBuffer {
        var bytes = [UInt8](repeating: 0xFF, count: 160)
        bytes[0] = UInt8(number & 0xFF)
        bytes[1] = UInt8(number >> 8 & 0xFF)
        return Base64.encode(ByteBuffer(bytes: bytes))
    }

    static func text(_ number: Int) -> String { String(buffer: self.frame(number)) }

    /// The reason of an ended session; nil for a failed one.
    static func reason(_ result: CallSessionResult) -> EndReason? {
        if case .ended(let end) = result { end.reason } else { nil }
    }
}

/// Lets pass when it is open, and counts who came.
final class Gate: Sendable {
    let arrivals = EventLog<Void>()
    private let state: Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>

    init(isOpen: Bool = true) { self.state = Mutex((isOpen, [])) }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = self.state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
            self.arrivals.append(())
        }
    }

    func open() {
        let waiting = self.state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

struct NoticeLog: CallObserver {
    let log: EventLog<CallNotice>

    func observe(_ notice: CallNotice, callID: String, at: Date) { self.log.append(notice) }
}

enum RecordedEvent: Sendable, Equatable {
    case caller(String, at: Duration)
    case assistant(Int, at: Duration)
    case cut(at: Duration)
    case finish
}

struct FakeRecorder: CallRecorder {
    let log: EventLog<RecordedEvent>

    func caller(base64: ByteBuffer, at offset: Duration) {
        self.log.append(.caller(String(buffer: base64), at: offset))
    }

    func assistant(audio: ByteBuffer, at offset: Duration) {
        self.log.append(.assistant(audio.readableBytes, at: offset))
    }

    func cutAssistant(at offset: Duration) { self.log.append(.cut(at: offset)) }
    func finish() { self.log.append(.finish) }
}
