/// The `metadata` of a response: string to string; members of another kind are left out.
struct RealtimeMetadata: Decodable {
    let pairs: [String: String]

    init(from decoder: any Decoder) throws {
        let members = try [String: JSONDocument](from: decoder)
        self.pairs = members.compactMapValues { value in
            guard case .string(let text) = value else { return nil }
            return text
        }
    }
}
