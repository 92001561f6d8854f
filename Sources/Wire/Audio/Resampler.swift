import CSoxr
import NIOCore

/// Converts a stream of 16-bit little-endian linear PCM, one channel, from one sample rate to another.
///
/// A polyphase filter of libsoxr with linear phase. What goes out lasts exactly as long as what came in, in pieces of
/// whatever size, and comes ``delay`` later: silence fills the beginning. One instance serves one direction of one call,
/// on one thread at a time.
package final class Resampler {
    /// Samples a second that go in, and that come out.
    package let inputRate: Int
    package let outputRate: Int

    private let stream: OpaquePointer
    /// The first half of a sample whose second one has not come yet.
    private var halfSample: UInt8?
    private var input: [Int16] = []
    private var output: [Int16] = []

    /// - Parameters:
    ///   - inputRate: Samples a second that go in.
    ///   - outputRate: Samples a second that come out.
    package init(from inputRate: Int, to outputRate: Int) {
        guard let stream = csoxr_make(Double(inputRate), Double(outputRate)) else {
            // The rates are constants of ours, so that only memory can be lacking.
            preconditionFailure("libsoxr cannot convert \(inputRate) Hz to \(outputRate) Hz. Install libsoxr 0.1.3.")
        }
        self.inputRate = inputRate
        self.outputRate = outputRate
        self.stream = stream
        self.prime()
    }

    deinit { csoxr_free(self.stream) }

    /// How much later a sound comes out than it went in.
    package var delay: Duration { .microseconds(Self.delaySampleCount * 1_000_000 / self.inputRate) }

    /// The converter begins to give after 15 ms at 16 kHz in, and after 10 ms at 24 kHz in: 240 samples of the input
    /// either way.
    private static let delaySampleCount = 240

    /// Converts the next piece; half a sample at its end waits for the next one.
    ///
    /// Over any number of pieces exactly as many samples come out as the rates demand for what went in, rounded down.
    package func convert(_ audio: ByteBuffer) -> ByteBuffer {
        self.takeIn(audio)
        return self.convert()
    }

    /// The end of the sound, which the filter still holds, filled up with silence to `duration`; the next sound begins
    /// afresh.
    package func finish(within duration: Duration) -> ByteBuffer {
        let count = AudioFormat.l16(rate: self.inputRate).byteCount(of: max(duration, self.delay)) / 2
        self.input.append(contentsOf: repeatElement(0, count: count))
        let rest = self.convert()
        self.reset()
        return rest
    }

    /// Forgets what came before: the next sound begins afresh.
    package func reset() {
        self.halfSample = nil
        self.input.removeAll(keepingCapacity: true)
        guard csoxr_clear(self.stream) else { return }
        self.prime()
    }

    // MARK: - Pieces

    /// Fills the filter with silence, so that from now on every sample that goes in has its share come out.
    private func prime() {
        self.input.append(contentsOf: repeatElement(0, count: Self.delaySampleCount))
        _ = self.convert()
    }

    private func takeIn(_ audio: ByteBuffer) {
        audio.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            if let low = self.halfSample, let high = rest.popFirst() {
                self.input.append(Int16(bitPattern: UInt16(low) | UInt16(high) << 8))
                self.halfSample = nil
            }
            let samples = UnsafeRawBufferPointer(rebasing: rest)
            for index in 0..<samples.count / 2 {
                let sample = samples.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)
                self.input.append(Int16(littleEndian: sample))
            }
            if !samples.count.isMultiple(of: 2) { self.halfSample = samples.last }
        }
    }

    private func convert() -> ByteBuffer {
        defer { self.input.removeAll(keepingCapacity: true) }
        // What is due, and what may have been held back from earlier pieces.
        let limit = self.input.count * self.outputRate / self.inputRate + 64
        if self.output.count < limit { self.output = [Int16](repeating: 0, count: limit) }
        let count = csoxr_process(self.stream, self.input, self.input.count, &self.output, self.output.count)
        var audio = ByteBufferAllocator().buffer(capacity: self.output.count * 2)
        // A converter that failed is silent; the call goes on.
        guard count <= self.output.count else { return audio }
        #if _endian(little)
        _ = self.output.withUnsafeBytes { audio.writeBytes($0.prefix(count * 2)) }
        #else
        for sample in self.output.prefix(count) { audio.writeInteger(sample, endianness: .little) }
        #endif
        return audio
    }
}
