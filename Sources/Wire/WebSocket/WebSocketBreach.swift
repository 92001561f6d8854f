/// A breach of RFC 6455, or of a limit of ours, by the peer: the close frame that answers it.
package struct WebSocketBreach: Error, Sendable, Equatable {
    /// A code of ``WebSocketCloseCode``.
    package var code: UInt16
    /// In plain words, for the close frame; never holds what the peer sent.
    package var reason: String

    package init(code: UInt16, reason: String) {
        self.code = code
        self.reason = reason
    }

    static let reservedBits = Self(code: WebSocketCloseCode.protocolError, reason: "reserved bits set")
    static let unknownOpcode = Self(code: WebSocketCloseCode.protocolError, reason: "unknown opcode")
    static let unmasked = Self(code: WebSocketCloseCode.protocolError, reason: "unmasked frame from a client")
    static let masked = Self(code: WebSocketCloseCode.protocolError, reason: "masked frame from a server")
    static let fragmentedControl = Self(code: WebSocketCloseCode.protocolError, reason: "fragmented control frame")
    static let longControl = Self(code: WebSocketCloseCode.protocolError, reason: "control frame over 125 bytes")
    static let lengthNotMinimal = Self(code: WebSocketCloseCode.protocolError, reason: "length not minimally encoded")
    static let lengthTopBit = Self(code: WebSocketCloseCode.protocolError, reason: "top bit of the length set")
    static let strayContinuation = Self(code: WebSocketCloseCode.protocolError, reason: "continuation of nothing")
    static let interruptedMessage = Self(
        code: WebSocketCloseCode.protocolError,
        reason: "new message inside a fragmented one"
    )
    static let closePayload = Self(code: WebSocketCloseCode.protocolError, reason: "close frame of one byte")
    static let closeCode = Self(code: WebSocketCloseCode.protocolError, reason: "close code that must not be sent")
    static let closeReason = Self(code: WebSocketCloseCode.invalidPayload, reason: "close reason is not UTF-8")
    static let notUTF8 = Self(code: WebSocketCloseCode.invalidPayload, reason: "text is not UTF-8")
    static let slowReader = Self(code: WebSocketCloseCode.policyViolation, reason: "slow reader")

    static func tooBig(limit: Int) -> Self {
        Self(code: WebSocketCloseCode.messageTooBig, reason: "message over \(limit) bytes")
    }
}
