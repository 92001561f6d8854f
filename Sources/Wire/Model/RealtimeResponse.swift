/// The response object of `response.done`.
struct RealtimeResponse: Decodable {
    let result: ModelResponseResult

    private enum Key: String, CodingKey {
        case id, status, output, usage, metadata
        case details = "status_details"
    }

    private struct Details: Decodable {
        let reason: String?
        let error: RealtimeError?
    }

    /// An item that may be of a kind to come: only its identifier counts here.
    private struct Output: Decodable {
        let id: String?
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let details = (try? fields.decodeIfPresent(Details.self, forKey: .details)) ?? nil
        let output = (try? fields.decodeIfPresent([Output].self, forKey: .output)) ?? nil
        let metadata = (try? fields.decodeIfPresent(RealtimeMetadata.self, forKey: .metadata)) ?? nil
        let name = (try? fields.decodeIfPresent(String.self, forKey: .status)) ?? nil
        // The end of a response must never be lost, or its call waits for it: a status that we do not know is an end.
        let status = name.flatMap(ModelResponseResult.Status.init(rawValue:))
        self.result = ModelResponseResult(
            id: try fields.decode(String.self, forKey: .id),
            status: status ?? .incomplete,
            reason: details?.reason ?? (status == nil ? name : nil),
            error: details?.error?.info,
            usage: ((try? fields.decodeIfPresent(RealtimeUsage.self, forKey: .usage)) ?? nil)?.usage,
            metadata: metadata?.pairs ?? [:],
            itemIDs: output?.compactMap(\.id) ?? []
        )
    }
}
