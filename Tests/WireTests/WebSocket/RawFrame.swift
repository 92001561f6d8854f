/// A frame written by hand, right or wrong in any way, independent of the code under test.
struct RawFrame {
    enum LengthForm { case minimal, sixteenBit, sixtyFourBit, topBit }

    var isFinal = true
    var reservedBits: UInt8 = 0
    var opcode: UInt8 = 1
    /// The four bytes as they travel; nil for an unmasked frame.
    var mask: [UInt8]?
    var lengthForm = LengthForm.minimal
    /// The length that the header claims; nil for that of the payload.
    var claimedLength: Int?
    var payload: [UInt8] = []

    init(
        _ opcode: UInt8 = 1,
        _ payload: [UInt8] = [],
        isFinal: Bool = true,
        reservedBits: UInt8 = 0,
        mask: [UInt8]? = nil,
        lengthForm: LengthForm = .minimal,
        claimedLength: Int? = nil
    ) {
        self.opcode = opcode
        self.payload = payload
        self.isFinal = isFinal
        self.reservedBits = reservedBits
        self.mask = mask
        self.lengthForm = lengthForm
        self.claimedLength = claimedLength
    }

    static func close(_ code: UInt16, _ reason: String = "", mask: [UInt8]? = nil) -> Self {
        Self(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8), mask: mask)
    }

    var header: [UInt8] {
        var bytes = [(self.isFinal ? 0x80 : 0) | self.reservedBits << 4 | self.opcode]
        let maskBit: UInt8 = self.mask == nil ? 0 : 0x80
        let length = self.claimedLength ?? self.payload.count
        switch self.lengthForm {
        case .minimal where length < 126: bytes.append(maskBit | UInt8(length))
        case .minimal where length <= 0xFFFF, .sixteenBit:
            bytes.append(maskBit | 126)
            bytes += [UInt8(length >> 8), UInt8(length & 0xFF)]
        case .minimal, .sixtyFourBit, .topBit:
            bytes.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8((length >> shift) & 0xFF)) }
            if self.lengthForm == .topBit { bytes[2] |= 0x80 }
        }
        return bytes + (self.mask ?? [])
    }

    var bytes: [UInt8] {
        guard let mask else { return self.header + self.payload }
        return self.header + self.payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
    }
}
