import NIOCore

/// The names and values of a form or a query, in order and with repetitions (WHATWG URL §5.1).
package struct URLEncodedForm: Sendable, Equatable {
    package let pairs: [(name: String, value: String)]

    package init(_ text: some StringProtocol) {
        self.pairs = text.split(separator: "&").map { pair in
            let equals = pair.firstIndex(of: "=")
            let name = pair[..<(equals ?? pair.endIndex)]
            let value = equals.map { pair[pair.index(after: $0)...] } ?? ""
            return (Self.decode(name.utf8), Self.decode(value.utf8))
        }
    }

    package init(_ body: ByteBuffer) { self.init(String(buffer: body)) }

    /// The first value under this name that is not empty.
    package subscript(name: String) -> String? {
        self.pairs.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// A whole number within `range` under this name, `usual` where it is missing or empty; nil for anything else.
    func number(_ name: String, usual: Int, in range: ClosedRange<Int>) -> Int? {
        guard let text = self[name] else { return usual }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }

    package static func == (lhs: URLEncodedForm, rhs: URLEncodedForm) -> Bool {
        lhs.pairs.elementsEqual(rhs.pairs, by: ==)
    }

    /// Takes a text's plus signs for spaces and its percent signs for bytes; what is no code stays as it is.
    private static func decode(_ text: some Collection<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index != text.endIndex {
            let byte = text[index]
            text.formIndex(after: &index)
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let code = text[index...].prefix(2)
                if code.count == 2, let value = UInt8(String(decoding: code, as: UTF8.self), radix: 16),
                    code.first != UInt8(ascii: "+"), code.first != UInt8(ascii: "-")
                {
                    bytes.append(value)
                    text.formIndex(&index, offsetBy: 2)
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
