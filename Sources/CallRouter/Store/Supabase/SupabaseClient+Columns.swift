import NIOHTTP1

extension SupabaseClient {
    /// Those of `columns` that `calls` does not have.
    func missing(_ columns: [String], timeout: Duration) async throws(SupabaseError) -> [String] {
        var wanted = columns
        var missing: [String] = []
        // Each answer names one column: as many questions as there are columns, at most.
        while !wanted.isEmpty {
            let request = SupabaseRequest(
                .GET,
                "calls",
                [("select", wanted.joined(separator: ",")), ("limit", "0")]
            )
            do throws(SupabaseError) {
                _ = try await self.send(request, timeout: timeout)
                break
            } catch {
                guard let column = error.unknownColumn, let index = wanted.firstIndex(of: column) else { throw error }
                missing.append(wanted.remove(at: index))
            }
        }
        return missing
    }
}
