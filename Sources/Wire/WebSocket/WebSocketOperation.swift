/// What a frame carries: the opcode of RFC 6455 §5.2.
package enum WebSocketOperation: UInt8, Sendable, CaseIterable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Control frames are at most 125 bytes long, are never fragmented and may stand between fragments (§5.5).
    package var isControl: Bool { self.rawValue & 0x8 != 0 }
}
