import CallActors

extension HTTPServices {
    /// The call that a path of `/v1` names.
    ///
    /// - Throws: ``APIError`` where there is none, or the store does not answer.
    func record(_ callID: String) async throws(APIError) -> CallRecord {
        let record: CallRecord?
        do {
            record = try await self.store.call(id: callID)
        } catch {
            throw .unavailable()
        }
        guard let record else { throw .notFound("There is no call with this identifier.") }
        return record
    }

    /// What places calls.
    func requireOutbound() throws(APIError) -> OutboundServices {
        guard let outbound = self.outbound else { throw .carrierNotConfigured }
        return outbound
    }
}
