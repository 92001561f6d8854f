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
}
