import NIOCore
import Synchronization
import Wire

@testable import CallActors

/// A carrier stream that writes down what it is told.
final class FakeCarrierLink: CarrierLink {
    enum Event: Sendable, Equatable {
        case attached
        case audio([UInt8])
        case mark(String)
        case clear
        case dtmf(String)
        case close(UInt16, String)
    }

    let id: UInt64
    let streamSID: String
    let log = EventLog<Event>()
    private let writable = Mutex(true)
    private let returnsMarks: Bool
    private let session = Mutex<CallSession?>(nil)

    private static let count = Mutex<UInt64>(0)

    /// - Parameter returnsMarks: Marks come back at once: the carrier plays in no time.
    init(returnsMarks: Bool = true) {
        self.id = Self.count.withLock { count in
            count += 1
            return count
        }
        self.streamSID = "S\(self.id)"
        self.returnsMarks = returnsMarks
    }

    var isWritable: Bool {
        get { self.writable.withLock { $0 } }
        set { self.writable.withLock { $0 = newValue } }
    }

    func attached(to session: CallSession) {
        self.session.withLock { $0 = session }
        self.log.append(.attached)
    }

    func send(audio: ByteBuffer) { self.log.append(.audio(Array(audio.readableBytesView))) }

    func send(mark: String) {
        self.log.append(.mark(mark))
        guard self.returnsMarks, let session = self.session.withLock({ $0 }) else { return }
        let id = self.id
        session.loop.eventLoop.execute {
            session.assumeIsolated { $0.receive(.mark(name: mark), from: id, readAt: .now) }
        }
    }

    func clear() { self.log.append(.clear) }
    func send(dtmf: String) { self.log.append(.dtmf(dtmf)) }
    func flush() {}

    func close(code: UInt16, reason: String) {
        self.session.withLock { $0 = nil }
        self.log.append(.close(code, reason))
    }

    /// All audio that was sent, in order.
    var audio: [UInt8] {
        self.log.events.flatMap { if case .audio(let bytes) = $0 { bytes } else { [UInt8]() } }
    }

    /// The audio that was sent after the last `clear`.
    var audioAfterClear: [UInt8] {
        let events = self.log.events
        let start = events.lastIndex(of: .clear).map { $0 + 1 } ?? 0
        return events[start...].flatMap { if case .audio(let bytes) = $0 { bytes } else { [UInt8]() } }
    }

    var closes: [Event] { self.log.events.filter { if case .close = $0 { true } else { false } } }

    func closed() async -> Event? { await self.log.first { if case .close = $0 { true } else { false } } }
}
