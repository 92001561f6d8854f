import CallActors
import Foundation
import GRDB

extension SQLiteStore {
    /// Writes a number down that must not be called; where it is there already, its first entry stays.
    package func optOut(_ optOut: OptOut) async throws(StoreError) {
        try await self.write { db in
            try db.execute(
                sql: "INSERT INTO opt_outs (number, at, source) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [optOut.number, optOut.at.timeIntervalSinceReferenceDate, optOut.source.rawValue]
            )
        }
    }

    package func removeOptOut(number: String) async throws(StoreError) -> Bool {
        try await self.write { db in
            try db.execute(sql: "DELETE FROM opt_outs WHERE number = ?", arguments: [number])
            return db.changesCount > 0
        }
    }

    /// All numbers that must not be called, the newest entry first.
    package func optOuts() async throws(StoreError) -> [OptOut] {
        try await self.read { db in
            try Row.fetchAll(db, sql: "SELECT number, at, source FROM opt_outs ORDER BY at DESC, number").map { row in
                // A source that a later version wrote: that the number is listed is what counts.
                OptOut(
                    number: row["number"],
                    at: Date(timeIntervalSinceReferenceDate: row["at"]),
                    source: OptOut.Source(rawValue: row["source"]) ?? .api
                )
            }
        }
    }

    package func isOptedOut(_ number: String) async throws(StoreError) -> Bool {
        try await self.read { db in
            let sql = "SELECT EXISTS (SELECT 1 FROM opt_outs WHERE number = ?)"
            return try Bool.fetchOne(db, sql: sql, arguments: [number]) ?? false
        }
    }
}
