import Foundation
import HTTPTypes
import Hummingbird
import NIOPosix

/// The recording of one call, as a file below the data directory.
struct RecordingDownload {
    let callID: String
    /// The data directory.
    let directory: String

    /// Where the recording is, or nil where the identifier cannot be a file's name.
    var path: String? {
        guard !self.callID.isEmpty, self.callID.utf8.count <= 200,
            self.callID.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        else { return nil }
        return "\(self.directory)/recordings/\(self.callID).wav"
    }

    /// Sends the file, or the range of it that the request asks for (RFC 9110 §14).
    func response(to request: Request, context: some RequestContext) async throws -> Response {
        guard let path, let byteCount = try? await Self.byteCount(of: path) else {
            throw APIError.notFound(
                "There is no recording of this call. ENABLE_RECORDING=true records the calls to come."
            )
        }
        var headers: HTTPFields = [.contentType: "audio/wav", .acceptRanges: "bytes", .cacheControl: "no-store"]
        let io = FileIO(threadPool: .singleton)
        switch ByteRange(request.headers[.range], byteCount: byteCount) {
        case .whole:
            let body = try await io.loadFile(path: path, context: context)
            return Response(status: .ok, headers: headers, body: body)
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound)/\(byteCount)"
            let body = try await io.loadFile(path: path, range: range, context: context)
            return Response(status: .partialContent, headers: headers, body: body)
        case .unsatisfiable:
            headers[.contentRange] = "bytes */\(byteCount)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
    }

    private static func byteCount(of path: String) async throws -> Int? {
        try await NIOThreadPool.singleton.runIfActive {
            try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        }
    }
}

/// The part of a file that a `Range` header asks for.
enum ByteRange: Equatable {
    case whole
    case part(ClosedRange<Int>)
    case unsatisfiable

    /// Reads a header with one range; several ranges, other units and nonsense get the whole, as RFC 9110 §14.2 allows.
    init(_ header: String?, byteCount: Int) {
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else {
            self = .whole
            return
        }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let ends = Self.numbers(ends[0], ends[1]) else {
            self = .whole
            return
        }
        switch ends {
        case (let first?, let last):
            self.init(first: first, last: min(last ?? .max, byteCount - 1), byteCount: byteCount)
        case (nil, let suffix?) where suffix > 0:
            self.init(first: max(0, byteCount - suffix), last: byteCount - 1, byteCount: byteCount)
        case (nil, _): self = .unsatisfiable
        }
    }

    private init(first: Int, last: Int, byteCount: Int) {
        self = first < byteCount && first <= last ? .part(first...last) : .unsatisfiable
    }

    /// Both ends, nil where one is left out; nil altogether where they are no range.
    private static func numbers(_ first: Substring, _ last: Substring) -> (Int?, Int?)? {
        func isNumber(_ text: Substring) -> Bool { text.allSatisfy { $0.isASCII && $0.isNumber } && text.count < 19 }
        guard isNumber(first), isNumber(last), !(first.isEmpty && last.isEmpty) else { return nil }
        let (start, end) = (Int(first), Int(last))
        if let start, let end, end < start { return nil }
        return (start, end)
    }
}
