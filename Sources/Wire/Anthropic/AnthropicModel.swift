import Foundation
import NIOCore

/// What the API tells of one model.
package struct AnthropicModel: Sendable, Equatable {
    package var id: String
    /// `active`, `deprecated` or `retired`, where told.
    package var lifecycle: String?
    /// When the model goes, as the API writes it, where told.
    package var retiresAt: String?

    package init(id: String, lifecycle: String?, retiresAt: String?) {
        self.id = id
        self.lifecycle = lifecycle
        self.retiresAt = retiresAt
    }

    init(_ body: ByteBuffer) throws(AnthropicError) {
        do {
            let wire = try JSONDecoder().decode(Wire.self, from: Data(body.readableBytesView))
            self.init(id: wire.id, lifecycle: wire.lifecycle, retiresAt: wire.retiresAt)
        } catch {
            throw .malformed("no model object")
        }
    }

    private struct Wire: Decodable {
        let id: String
        let lifecycle: String?
        let retiresAt: String?

        enum CodingKeys: String, CodingKey {
            case id, lifecycle
            case retiresAt = "retires_at"
        }
    }
}
