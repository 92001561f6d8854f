import CallActors
import GRDB

extension SQLiteStore {
    /// Runs `body` in a read transaction on a reader's queue, whether the asking task is cancelled or not.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            self.database.asyncRead { database in
                continuation.resume(returning: Self.result { try body(database.get()) })
            }
        }
        return try self.counted(result)
    }

    /// Runs `body` in a write transaction on the writer's queue, whether the asking task is cancelled or not.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await self.writeWithoutTransaction { db in
            var value: Value?
            try db.inTransaction(.immediate) {
                value = try body(db)
                return .commit
            }
            guard let value else { throw StoreError.refused("a transaction ended without a result") }
            return value
        }
    }

    /// Runs `body` on the writer's queue, one at a time.
    func writeWithoutTransaction<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            self.database.asyncWriteWithoutTransaction { db in
                continuation.resume(returning: Self.result { try body(db) })
            }
        }
        return try self.counted(result)
    }

    private static func result<Value>(_ body: () throws -> Value) -> Result<Value, StoreError> {
        do { return .success(try body()) } catch { return .failure(StoreError(error)) }
    }

    private func counted<Value>(_ result: Result<Value, StoreError>) throws(StoreError) -> Value {
        if case .failure = result { self.metering?.error(.store) }
        return try result.get()
    }
}
