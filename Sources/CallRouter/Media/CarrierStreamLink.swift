import CallActors
import NIOCore
import Synchronization
import Wire

/// A call's hold on its carrier socket.
///
/// Usable from any loop: on the socket's own it acts at once, from another one its orders are carried over in order.
final class CarrierStreamLink: CarrierLink {
    let id: UInt64
    let streamSID: String
    private let encoder: CarrierEncoder
    private let loop: any EventLoop
    private let stream: NIOLoopBound<CarrierStream>
    private let handler: NIOLoopBound<WebSocketHandler>
    /// nil where the call runs at the carrier's own rate.
    private let transcoder: NIOLoopBound<Transcoding>?
    /// The last that the socket told; read by a session on another loop.
    private let writable = Atomic<Bool>(true)

    private static let count = Atomic<UInt64>(0)

    /// A transcoder, and when the end of what it was given is due.
    private final class Transcoding {
        let transcoder: StreamTranscoder
        var tail: Scheduled<Void>?

        init(_ transcoder: StreamTranscoder) { self.transcoder = transcoder }
    }

    /// To be made on the socket's loop.
    init(
        stream: CarrierStream,
        handler: WebSocketHandler,
        streamSID: String,
        transcoder: StreamTranscoder?,
        loop: CallLoop
    ) {
        self.id = Self.count.add(1, ordering: .relaxed).newValue
        self.streamSID = streamSID
        self.encoder = CarrierEncoder(streamSID: streamSID)
        self.loop = loop.eventLoop
        self.stream = NIOLoopBound(stream, eventLoop: loop.eventLoop)
        self.handler = NIOLoopBound(handler, eventLoop: loop.eventLoop)
        self.transcoder = transcoder.map { NIOLoopBound(Transcoding($0), eventLoop: loop.eventLoop) }
    }

    var isWritable: Bool {
        self.loop.inEventLoop ? self.handler.value.isWritable : self.writable.load(ordering: .relaxed)
    }

    func attached(to session: CallSession) { self.onLoop { $0.stream.value.attached(to: session) } }

    func send(audio: ByteBuffer) {
        guard self.loop.inEventLoop else { return self.loop.execute { self.sendHere(audio) } }
        self.sendHere(audio)
    }

    /// On the socket's loop: the message is built in the frame in which it leaves.
    private func sendHere(_ audio: ByteBuffer) {
        guard self.transcoder == nil else { return self.transcode(audio) }
        self.handler.value.send(byteCount: self.encoder.mediaByteCount(audio: audio)) { frame in
            self.encoder.writeMedia(audio: audio, into: &frame)
        }
    }

    func send(mark: String) {
        let text = self.encoder.mark(mark)
        self.onLoop { $0.handler.value.send(text: text) }
    }

    func clear() {
        let text = self.encoder.clear()
        self.onLoop { link in
            if let transcoding = link.transcoder?.value {
                transcoding.tail?.cancel()
                transcoding.transcoder.clear()
            }
            link.handler.value.send(text: text)
        }
    }

    func send(dtmf: String) {
        let text = self.encoder.dtmf(dtmf)
        self.onLoop { $0.handler.value.send(text: text) }
    }

    func flush() {
        guard self.loop.inEventLoop else { return self.loop.execute { self.flushHere() } }
        self.flushHere()
    }

    private func flushHere() {
        let handler = self.handler.value
        handler.flush()
        self.writable.store(handler.isWritable, ordering: .relaxed)
    }

    func close(code: UInt16, reason: String) {
        self.onLoop { link in
            link.transcoder?.value.tail?.cancel()
            link.stream.value.close(code: code, reason: reason)
        }
    }

    /// On the socket's loop: sends audio at the carrier's rate, and its end when nothing follows it.
    private func transcode(_ audio: ByteBuffer) {
        guard let transcoding = self.transcoder?.value else { return }
        let converted = transcoding.transcoder.assistant(audio)
        if converted.readableBytes > 0 { self.handler.value.send(text: self.encoder.media(audio: converted)) }
        transcoding.tail?.cancel()
        transcoding.tail = self.loop.scheduleTask(in: StreamTranscoder.tailDelay) { [weak self] in
            guard let self, let tail = self.transcoder?.value.transcoder.tail() else { return }
            self.handler.value.send(text: self.encoder.media(audio: tail))
            self.flush()
        }
    }

    private func onLoop(_ body: @escaping @Sendable (CarrierStreamLink) -> Void) {
        if self.loop.inEventLoop { body(self) } else { self.loop.execute { body(self) } }
    }
}
