import NIOCore

extension JSONDocument {
    /// The value as compact JSON text.
    ///
    /// A number that JSON cannot write (an infinity, not a number) becomes `null`, as in JavaScript, so that nothing
    /// here can fail. Written by hand: such a text configures the model's session of each call, on the event loop, where
    /// an encoder with a container for each value would hold up the frames of other calls.
    package func encoded() -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 256)
        self.write(into: &buffer)
        return buffer
    }

    private func write(into buffer: inout ByteBuffer) {
        switch self {
        case .null: buffer.writeStaticString("null")
        case .bool(let value): buffer.writeStaticString(value ? "true" : "false")
        case .integer(let value): buffer.writeString(String(value))
        case .number(let value) where value.isFinite: buffer.writeString(Self.text(of: value))
        case .number: buffer.writeStaticString("null")
        case .string(let value): buffer.writeJSONString(value)
        case .array(let values): Self.write(values, into: &buffer)
        case .object(let members): Self.write(members, into: &buffer)
        }
    }

    private static func write(_ values: [JSONDocument], into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            value.write(into: &buffer)
        }
        buffer.writeInteger(UInt8(ascii: "]"))
    }

    private static func write(_ members: [String: JSONDocument], into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "{"))
        for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            buffer.writeJSONString(member.key)
            buffer.writeInteger(UInt8(ascii: ":"))
            member.value.write(into: &buffer)
        }
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    /// The shortest digits that read back as the same number; a whole one without its fraction.
    private static func text(of value: Double) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
