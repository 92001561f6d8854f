import Foundation
import NIOCore
import NIOFoundationCompat

extension CarrierDecoder {
    /// Reads one message with the JSON decoder: all events, and media in whatever shape is legal.
    static func decodeJSON(_ text: ByteBuffer) throws(CarrierMessageError) -> CarrierEvent {
        let message: CarrierMessage
        do {
            message = try JSONDecoder().decode(CarrierMessage.self, from: text)
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw CarrierMessageError(byteCount: text.readableBytes, reason: Self.reason(of: context))
        } catch let error as CarrierMessage.Refusal {
            throw CarrierMessageError(byteCount: text.readableBytes, reason: error.reason)
        } catch {
            throw CarrierMessageError(byteCount: text.readableBytes, reason: "not JSON")
        }
        do throws(CarrierMessage.Refusal) {
            return try message.event()
        } catch {
            throw CarrierMessageError(byteCount: text.readableBytes, reason: error.reason)
        }
    }

    /// Names the outermost field of the wrong type, where it is one of ours; a custom parameter's name is none.
    private static func reason(of context: DecodingError.Context) -> String {
        guard let first = context.codingPath.first as? CarrierMessage.Keys else { return "not a JSON object" }
        return "`\(first.rawValue)` has the wrong type"
    }
}
