import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Wire

extension Response {
    /// A JSON body with stable key order.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return Response(status: .internalServerError) }
        return Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data))
        )
    }

    /// A document for the carrier.
    static func laml(_ document: LaMLDocument) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/xml; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: document.xml))
        )
    }

    /// A document for SignalWire in its own language.
    static func swml(_ document: SWMLDocument) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: document.json)
        )
    }

    /// A JSON body.
    static func json(_ document: JSONDocument, status: HTTPResponse.Status = .ok) -> Response {
        .json(encoded: document.encoded(), status: status)
    }

    /// A JSON body that is text already.
    static func json(encoded: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: encoded)
        )
    }

    /// A sentence for whoever reads the logs of the carrier.
    static func plain(_ text: String, status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n"))
        )
    }
}
