/// How the carrier comes by the documents of a call.
extension CarrierCall {
    /// A document that is to be fetched.
    struct Fetch: Sendable {
        var url: String
        var method: String
        var format: DocumentFormat
        /// Besides what every request holds.
        var extra: [(name: String, value: String)] = []
    }

    /// Fetches a document; where it cannot be had or used, the fallback's.
    func document(_ fetch: Fetch) async throws -> CallDocument {
        do {
            return try await self.fetch(fetch)
        } catch {
            let order = self.record.read { $0.order?.fallback }
            let fallback = order ?? self.settings.fallbackURL.map { CarrierOrder.Link(url: $0) }
            guard let fallback, fallback.url != fetch.url, !self.isOver else { throw error }
            return try await self.fetch(Fetch(url: fallback.url, method: fallback.method, format: .laml))
        }
    }

    private func fetch(_ fetch: Fetch) async throws -> CallDocument {
        var entry = CarrierCallRecord.Fetch(url: fetch.url, method: fetch.method, at: .now)
        do {
            let answer = try await self.carrier.request(fetch.method, fetch.url, self.content(of: fetch))
            entry.status = answer.status
            guard answer.status == 200 else {
                throw CallDocument.Refusal(reason: "HTTP status \(answer.status) (11217)")
            }
            guard let format = DocumentFormat(contentType: answer.contentType) else {
                throw CallDocument.Refusal(reason: "its Content-Type is \(answer.contentType ?? "missing") (12300)")
            }
            let document =
                format == .swml ? try CallDocument(parsingSWML: answer.body) : try CallDocument(parsing: answer.body)
            self.format = format
            entry.verbs = document.verbs
            let done = entry
            self.record.update { $0.fetches.append(done) }
            return document
        } catch {
            entry.error = "\(error)"
            let failed = entry
            self.record.update { $0.fetches.append(failed) }
            throw error
        }
    }

    private func content(of fetch: Fetch) -> CarrierContent {
        guard fetch.format == .swml else {
            return .form(self.identity(status: "in-progress") + fetch.extra)
        }
        let (callSID, direction, from, to) = self.record.read { ($0.callSID, $0.direction, $0.from, $0.to) }
        let isInbound = direction == "inbound"
        return .json([
            "call": [
                "call_id": .string(callSID), "project_id": .string(self.settings.accountSID), "type": "phone",
                "call_state": "answered", "direction": isInbound ? "inbound" : "outbound", "from": .string(from),
                "to": .string(to), "headers": [],
            ],
            "vars": StandInJSON(Dictionary(fetch.extra.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })),
            "params": [:],
        ])
    }
}
