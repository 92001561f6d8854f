import Foundation
import NIOCore

/// What a router answers on `/health`.
struct HealthAnswer: Decodable, Equatable {
    let status: String
    let activeCalls: Int
    let uptime: Double

    /// Reads a body; nil where it is another program's.
    init?(_ body: ByteBuffer) {
        guard let answer = try? JSONDecoder().decode(Self.self, from: Data(body.readableBytesView)) else { return nil }
        self = answer
    }
}
