import NIOCore
import NIOPosix

/// What everything on one event loop uses by turns: buffers, each for the length of one function call and no longer, and
/// masking keys.
///
/// A frame is unmasked and decoded into the same few cache lines whichever call it belongs to, and no call holds buffers of
/// its own for that. Whoever uses one takes it out of its place, so that its storage is referenced once; what a receiver
/// keeps of it stays as it is, since the next writer then gets another storage.
package final class LoopScratch {
    /// The payload of the message that is being read.
    var unmasked = ByteBuffer()
    /// The sound of the frame that is being kept.
    package var decoded = ByteBuffer()

    /// A key is used once, so it does not matter whose frame it masks.
    var maskingKeys = WebSocketMaskingKeys()

    /// Empty buffers for frames on their way out.
    private var frames: [ByteBuffer] = []

    /// More idle buffers than this are let go of, and larger ones too.
    private static let maxIdleFrameCount = 16
    private static let maxIdleByteCount = 4096
    /// A 20 ms message is about 300 bytes.
    private static let minFrameByteCount = 512

    private static let current = ThreadSpecificVariable<NIOLoopBoundBox<LoopScratch>>()

    package init() {}

    /// The buffers of `eventLoop`; to be called on it.
    package static func of(_ eventLoop: any EventLoop) -> LoopScratch {
        if let box = Self.current.currentValue, box.eventLoop === eventLoop { return box.value }
        let box = NIOLoopBoundBox(LoopScratch(), eventLoop: eventLoop)
        Self.current.currentValue = box
        return box.value
    }

    /// An empty buffer for frames that leave together.
    func takeFrameBuffer() -> ByteBuffer {
        self.frames.popLast() ?? ByteBufferAllocator().buffer(capacity: Self.minFrameByteCount)
    }

    /// Takes such a buffer back once the socket has all of it.
    func giveBack(_ buffer: consuming ByteBuffer) {
        guard self.frames.count < Self.maxIdleFrameCount, buffer.capacity <= Self.maxIdleByteCount else { return }
        buffer.clear()
        self.frames.append(buffer)
    }
}
