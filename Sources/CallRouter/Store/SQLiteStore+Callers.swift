import CallActors
import GRDB

extension SQLiteStore {
    /// Says whether there was ever a call from or to this number; false where the store cannot tell.
    package func hasCall(withNumber number: String) async -> Bool {
        do throws(StoreError) {
            return try await self.read { db in
                let sql = "SELECT EXISTS (SELECT 1 FROM calls WHERE from_number = ? OR to_number = ?)"
                return try Bool.fetchOne(db, sql: sql, arguments: [number, number]) ?? false
            }
        } catch {
            return false
        }
    }

    /// What the newest call with this far party says of it; nil where there was none, or where the store cannot tell.
    package func knownCaller(number: String) async -> KnownCaller? {
        do throws(StoreError) {
            return try await self.read { db in
                let sql = """
                    SELECT lead_id, business_id, consumer_id, context FROM calls
                    WHERE (from_number = ?1 AND direction = 'inbound') OR (to_number = ?1 AND direction = 'outbound')
                    ORDER BY created_at DESC, call_id DESC LIMIT 1
                    """
                guard let row = try Row.fetchOne(db, sql: sql, arguments: [number]) else { return nil }
                return KnownCaller(
                    leadID: row["lead_id"],
                    businessID: row["business_id"],
                    consumerID: row["consumer_id"],
                    context: try StoreJSON.value([String: String].self, of: row["context"])
                )
            }
        } catch {
            return nil
        }
    }
}
