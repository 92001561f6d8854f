import CShims
import Foundation
import Glibc

/// Plays the carrier and the voice model of many calls on one thread, against a router that it starts.
final class LoadGenerator {
    private static let listenerToken = 0
    /// Time between the last call's first audio and the start of the measured time, and between its end and the count.
    private static let settling: UInt64 = 2_000_000_000
    /// How long all calls together may take to come up, beyond their pace.
    private static let patience: UInt64 = 20_000_000_000

    private let settings: LoadSettings
    private let measurements = LoadMeasurements()
    private let poll: EventPoll
    private let listener: Int32
    private let router: RouterChild
    private let calls: [LoadCall]
    private var sessions: [ModelSession] = []
    private var connections: [Int: LoadConnection] = [:]
    private var nextToken = 1
    /// Calls opened so far.
    private var openedCount = 0
    /// Frames due so far: the k-th belongs to call k modulo the number of calls.
    private var frameCount: UInt64 = 0
    private var startedAt: UInt64 = 0
    private var isSending = true
    /// 1 MiB to read into: a whole second of one call's audio and more.
    private let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

    /// Starts the router.
    init(_ settings: LoadSettings) throws {
        self.settings = settings
        self.poll = try EventPoll()
        let (listener, port) = try LoopbackSocket.listen()
        self.listener = listener
        self.router = try RouterChild(modelPort: port, calls: settings.calls, cpu: settings.cores?.router)
        if let cores = settings.cores { cshims_pin(0, Int32(cores.generator)) }
        let measurements = self.measurements
        self.calls = (0..<settings.calls).map { LoadCall(index: $0, measurements: measurements) }
        guard fcntl(listener, F_SETFL, O_NONBLOCK) == 0 else { throw LoadError.system(call: "fcntl", errno: errno) }
        try self.poll.add(listener, token: Self.listenerToken)
    }

    deinit {
        self.router.stop()
        close(self.listener)
        self.space.deallocate()
    }

    /// Opens the calls, measures, closes them and counts.
    ///
    /// - Returns: What was found.
    /// - Throws: ``LoadError`` where the calls did not come up.
    func run() throws -> LoadReport {
        let before = self.router.sample
        self.startedAt = MonotonicTime.now
        let pace = UInt64(self.settings.calls) * 1_000_000_000 / UInt64(max(1, self.settings.callsPerSecond))
        try self.play(until: self.startedAt + pace + Self.patience) { self.isEstablished }
        guard self.isEstablished else { throw self.notEstablished }
        try self.play(until: MonotonicTime.now + Self.settling)

        self.measurements.reset()
        let firstMessages = self.messageCount
        let firstFrames = self.calls.map(\.sentCount)
        for (call, first) in zip(self.calls, firstFrames) { call.window = first..<Int.max }
        let began = MonotonicTime.now
        let first = self.router.sample
        let ownFirst = ProcessSample(pid: getpid())
        try self.play(until: began + UInt64(self.settings.seconds) * 1_000_000_000)
        let last = self.router.sample
        let ownLast = ProcessSample(pid: getpid())
        let ended = MonotonicTime.now
        let lastMessages = self.messageCount
        for (call, first) in zip(self.calls, firstFrames) { call.window = first..<call.sentCount }
        let broken = self.brokenConnections

        // What is still on its way arrives, and the last answer of mode `talk` is spoken to its end.
        self.isSending = false
        try self.play(until: MonotonicTime.now + Self.settling)
        let counted = self.count(began: began, ended: ended)
        for call in self.calls { call.hangUp() }
        try self.play(until: MonotonicTime.now + 500_000_000)

        let elapsed = Double(ended - began) / 1e9
        let messages = max(1, lastMessages - firstMessages)
        let nanoseconds = Double((last?.cpuNanoseconds ?? 0) - (first?.cpuNanoseconds ?? 0))
        return LoadReport(
            mode: self.settings.mode,
            calls: self.settings.calls,
            seconds: elapsed,
            uplink: counted.uplink,
            downlink: counted.downlink,
            roundTrip: self.measurements.roundTrip.summary,
            firstAudio: self.measurements.firstAudio.summary,
            bargeIn: self.measurements.bargeIn.summary,
            framesAfterClear: self.calls.reduce(0) { $0 + $1.framesAfterClear },
            truncations: self.sessions.reduce(0) { $0 + $1.truncateCount },
            messages: messages,
            cpuMicrosecondsPerMessage: nanoseconds / 1_000 / Double(messages),
            cpuMillisecondsPerCallSecond: nanoseconds / 1e6 / elapsed / Double(self.settings.calls),
            cpuPercent: nanoseconds / 1e7 / elapsed,
            voluntarySwitchesPerMessage: Double((last?.voluntarySwitches ?? 0) - (first?.voluntarySwitches ?? 0))
                / Double(messages),
            residentBytesBefore: before?.residentBytes ?? 0,
            residentBytesPerCall: ((last?.residentBytes ?? 0) - (before?.residentBytes ?? 0)) / self.settings.calls,
            generatorLateness: self.measurements.lateness.summary,
            generatorCPUPercent: Double((ownLast?.cpuNanoseconds ?? 0) - (ownFirst?.cpuNanoseconds ?? 0)) / 1e7
                / elapsed,
            unstampedFrames: self.measurements.unstamped,
            unexpectedMessages: self.measurements.unexpected,
            brokenConnections: broken
        )
    }

    private var isEstablished: Bool { self.measurements.establishedCount == self.calls.count }

    private var messageCount: Int {
        self.calls.reduce(0) { $0 + $1.messageCount } + self.sessions.reduce(0) { $0 + $1.messageCount }
    }

    private var brokenConnections: [String: Int] {
        let reasons =
            self.calls.compactMap { $0.closeReason.map { "carrier: " + $0 } }
            + self.sessions.filter { !$0.isOpen && $0.messageCount > 0 }.compactMap {
                $0.refusal.map { "model: " + $0 }
            }
        return Dictionary(reasons.map { ($0, 1) }, uniquingKeysWith: +)
    }

    private var notEstablished: LoadError {
        let reason = self.brokenConnections.max { $0.value < $1.value }?.key ?? "no audio came back"
        return .callsNotEstablished(
            ready: self.measurements.establishedCount,
            wanted: self.calls.count,
            reason: reason,
            log: self.router.logTail
        )
    }

    private func count(began: UInt64, ended: UInt64) -> (uplink: LoadReport.Direction, downlink: LoadReport.Direction) {
        let sent = self.calls.reduce(0) { $0 + $1.window.count }
        let uplink = LoadReport.Direction(
            sent: sent,
            lost: self.calls.reduce(0) { $0 + $1.uplink.missing(in: $1.window) },
            duplicated: self.calls.reduce(0) { $0 + $1.uplink.duplicates },
            reordered: self.calls.reduce(0) { $0 + $1.uplink.reordered }
        )
        var spoken = 0
        var lost = 0
        switch self.settings.mode {
        case .echo:
            spoken = sent
            lost = self.calls.reduce(0) { $0 + $1.downlink.missing(in: $1.window) }
        case .talk:
            for session in self.sessions {
                guard let call = session.call else { continue }
                // A response of 3 s is paced out in 3 s: one that began in the last second is still being spoken.
                for utterance in session.finishedUtterances where (began..<ended - 1_000_000_000).contains(utterance.at)
                {
                    spoken += utterance.frames.count
                    lost += call.downlink.missing(in: utterance.frames)
                }
            }
        }
        let downlink = LoadReport.Direction(
            sent: spoken,
            lost: lost,
            duplicated: self.calls.reduce(0) { $0 + $1.downlink.duplicates },
            reordered: self.calls.reduce(0) { $0 + $1.downlink.reordered }
        )
        return (uplink, downlink)
    }

    /// Lets time pass: sends what is due, and reads what comes.
    private func play(until end: UInt64, orUntil isDone: () -> Bool = { false }) throws {
        while MonotonicTime.now < end, !isDone() {
            var next = MonotonicTime.now + 1_000_000
            if self.isSending { next = try self.sendDue() }
            for event in self.poll.wait(until: min(next, end)) { try self.handle(event) }
        }
    }

    /// Opens calls and sends frames that are due; returns when the next one is.
    private func sendDue() throws -> UInt64 {
        let now = MonotonicTime.now
        while self.openedCount < self.calls.count,
            UInt64(self.openedCount) * 1_000_000_000 / UInt64(self.settings.callsPerSecond) <= now - self.startedAt
        {
            try self.open(self.calls[self.openedCount])
            self.openedCount += 1
        }
        let count = UInt64(self.calls.count)
        while true {
            let due = self.startedAt + self.frameCount * LoadCall.frameNanoseconds / count
            guard due <= now else { return due }
            let call = self.calls[Int(self.frameCount % count)]
            if call.isOpen { self.measurements.lateness.add(MonotonicTime.now - due) }
            call.tick(now: now)
            self.frameCount += 1
        }
    }

    private func open(_ call: LoadCall) throws {
        guard let descriptor = LoopbackSocket.connect(port: self.router.port) else {
            throw LoadError.system(call: "connect", errno: errno)
        }
        let connection = try self.register(descriptor, isClient: true)
        connection.owner = call
        call.connection = connection
        connection.sendUpgrade(WebSocketHandshake.request(path: "/media-stream", port: self.router.port))
    }

    private func register(_ descriptor: Int32, isClient: Bool) throws -> LoadConnection {
        let token = self.nextToken
        self.nextToken += 1
        let connection = try LoadConnection(
            descriptor: descriptor,
            token: token,
            isClient: isClient,
            poll: self.poll
        )
        self.connections[token] = connection
        return connection
    }

    private func handle(_ event: EventPoll.Event) throws {
        guard event.token != Self.listenerToken else {
            while case let descriptor = accept(self.listener, nil, nil), descriptor >= 0 {
                let connection = try self.register(descriptor, isClient: false)
                let session = ModelSession(connection: connection, mode: self.settings.mode, calls: self.calls)
                connection.owner = session
                self.sessions.append(session)
            }
            return
        }
        guard let connection = self.connections[event.token] else { return }
        if event.writable { connection.becameWritable() }
        if event.readable { connection.becameReadable(space: self.space) }
        if connection.phase == .closed { self.connections[event.token] = nil }
    }
}
