import CShims

/// Masking keys for the frames of a client: unpredictable to whoever writes the payload (RFC 6455 §10.3).
///
/// Keys come from the kernel, 256 bytes at a time, so that 64 frames cost one system call. The pool is made at the first key;
/// a server never makes one.
struct WebSocketMaskingKeys: Sendable {
    private static let poolCount = 64
    private var pool: [UInt32] = []
    private var next = 0

    init() {}

    mutating func makeMask() -> WebSocketMask {
        if self.next == self.pool.count { self.refill() }
        defer { self.next += 1 }
        return WebSocketMask(key: self.pool[self.next])
    }

    private mutating func refill() {
        if self.pool.isEmpty { self.pool = [UInt32](repeating: 0, count: Self.poolCount) }
        self.next = 0
        let isFilled = self.pool.withUnsafeMutableBytes { bytes in
            var filled = 0
            var failures = 0
            while filled < bytes.count, failures < 8, let start = bytes.baseAddress {
                let count = cshims_getrandom(start + filled, bytes.count - filled)
                if count > 0 { filled += count } else { failures += 1 }  // A signal came in between.
            }
            return filled == bytes.count
        }
        if isFilled { return }
        var generator = SystemRandomNumberGenerator()
        for index in self.pool.indices { self.pool[index] = generator.next() }
    }
}
