import CShims
import NIOCore

/// The way past a channel's queue of writes, straight into its socket.
///
/// A channel keeps each write with its promise in a queue, for the case that the kernel does not take all of it, which for
/// a few hundred bytes every 20 ms is hardly ever so. What goes past it must keep its place, so the way is open only while
/// nothing waits in the channel; what the kernel does not take goes to the channel, and so does everything until the channel
/// is empty again. For use on the channel's loop.
struct WebSocketPassage {
    /// Lends the socket for the length of a function call, and throws once the channel has closed it.
    ///
    /// Asked for once: the pipeline's own way to it, `withUnsafeTransportIfAvailable`, casts anew for each frame.
    private let transport: any NIOTransportAccessibleChannelCore<NIOBSDSocket.Handle>
    private let scratch: LoopScratch
    /// Frames that leave together with the next ``send()``.
    private var waiting: ByteBuffer?
    /// The next frame may go this way, as far as was found.
    private(set) var isOpen = false

    /// Nil where the channel has no socket.
    init?(_ channel: any Channel, scratch: LoopScratch) {
        guard let transport = channel._channelCore as? any NIOTransportAccessibleChannelCore<NIOBSDSocket.Handle> else {
            return nil
        }
        self.transport = transport
        self.scratch = scratch
    }

    /// Bytes that wait for ``send()``.
    var waitingByteCount: Int { self.waiting?.readableBytes ?? 0 }

    /// Opens the way past `channel`, that of the socket, if nothing waits there; returns whether it is open.
    mutating func open(past channel: any Channel) -> Bool {
        self.isOpen = channel.bufferedByteCount == 0
        return self.isOpen
    }

    /// Adds what `write` appends to the frames that wait, and returns how many bytes that are; to be called while the way
    /// is open.
    mutating func append(_ write: (inout ByteBuffer) -> Void) -> Int {
        // Leaves its place while it is changed, so that its storage is referenced once.
        var frames = self.waiting.take() ?? self.scratch.takeFrameBuffer()
        let before = frames.readableBytes
        write(&frames)
        let after = frames.readableBytes
        self.waiting = frames
        return after - before
    }

    /// Sends what waits.
    ///
    /// - Returns: What the socket did not take, for the channel; nil where nothing is left. An error of the socket is left
    ///   for the channel to find.
    mutating func send() -> ByteBuffer? {
        guard var frames = self.waiting.take() else { return nil }
        // Throws where the channel has closed its socket: the channel then refuses the bytes, as it does any others.
        let sent =
            (try? self.transport.withUnsafeTransport { socket in
                frames.withUnsafeReadableBytes { bytes in
                    bytes.baseAddress.map { cshims_send(socket, $0, bytes.count) } ?? 0
                }
            }) ?? -1
        if sent == frames.readableBytes {
            self.scratch.giveBack(frames)
            return nil
        }
        self.isOpen = false
        frames.moveReaderIndex(forwardBy: max(0, sent))
        return frames
    }
}

extension Channel {
    /// Bytes that wait in the channel to be written; 0 on a closed one, whose options cannot be read.
    var bufferedByteCount: Int { (try? self.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }
}
