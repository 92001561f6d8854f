import CShims
import Foundation

/// A number written into the audio of a frame, so that a frame can be recognised wherever it comes out.
///
/// The payload is 20 ms of µ-law: 160 bytes, 216 base64 characters. The first 16 characters (12 bytes) are the stamp:
/// digits of 5 bits, taken from the letters A to Z and a to f, which every base64 and JSON codec leaves alone. The rest
/// is near silence (0x7E).
struct AudioStamp: Equatable {
    static let payloadLength = 216
    private static let frameByteCount = 160
    private static let length = 16
    private static let digits = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef".utf8)
    private static let silence = [UInt8](String(repeating: "fn5+", count: 49).utf8) + [UInt8]("fg==".utf8)

    /// The call, up to 2^20.
    var call: Int
    /// The response to which the frame belongs, up to 2^20; 0 where the model echoes the caller.
    var response: Int
    /// The number of the frame within its call or response, up to 2^40.
    var sequence: Int

    init(call: Int, response: Int, sequence: Int) {
        self.call = call
        self.response = response
        self.sequence = sequence
    }

    /// Reads the stamp of a base64 payload; nil where there is none.
    init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count >= Self.length else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for index in range {
                let digit: Int
                switch payload[index] {
                case 0x41...0x5A: digit = Int(payload[index]) - 0x41
                case 0x61...0x66: digit = Int(payload[index]) - 0x61 + 26
                default: return nil
                }
                value = value << 5 | digit
            }
            return value
        }
        guard let call = number(0..<4), let response = number(4..<8), let sequence = number(8..<16) else { return nil }
        self.init(call: call, response: response, sequence: sequence)
    }

    /// The stamps of a payload of several frames; nil for each frame that has none.
    static func all(in payload: UnsafeRawBufferPointer) -> [AudioStamp?] {
        guard let audio = Data(base64Encoded: Data(payload)) else { return [nil] }
        return stride(from: 0, to: audio.count, by: Self.frameByteCount).map { start in
            let stamp = audio.dropFirst(start).prefix(Self.length / 4 * 3).base64EncodedData()
            return stamp.withUnsafeBytes { AudioStamp($0) }
        }
    }

    /// Appends the whole payload of 216 characters.
    func write(to text: inout [UInt8]) {
        func put(_ value: Int, digitCount: Int) {
            for index in (0..<digitCount).reversed() { text.append(Self.digits[value >> (5 * index) & 31]) }
        }
        put(self.call, digitCount: 4)
        put(self.response, digitCount: 4)
        put(self.sequence, digitCount: 8)
        text.append(contentsOf: Self.silence)
    }
}

/// Finds `key` in `text` and gives what stands between it and the next quotation mark.
func value(after key: StaticString, in text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard let start = text.baseAddress else { return nil }
    guard let found = cshims_memmem(start, text.count, key.utf8Start, key.utf8CodeUnitCount) else { return nil }
    let offset = found - start + key.utf8CodeUnitCount
    guard let length = text[offset...].firstIndex(of: 0x22).map({ $0 - offset }) else { return nil }
    return UnsafeRawBufferPointer(rebasing: text[offset..<offset + length])
}
