import CallActors
import Foundation
import GRDB
import Testing

@testable import CallRouter

@Suite struct SQLiteStoreFailureTests {
    @Test("entries wait while the disk is full, and are written when there is room")
    func diskFull() async throws {
        let directory = try TemporaryDirectory()
        let metering = FakeMetering()
        let store = try SQLiteStore(directory: directory.path, metering: metering, logger: .silent)
        try await store.database.write { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        for index in 0..<500 { store.append(Samples.turn("i\(index)", order: Double(index), "\(index)"), to: "c") }
        let error = await #expect(throws: StoreError.self) { try await store.flush() }
        guard case .unavailable(let reason) = error else {
            Issue.record("a full disk may get room again, got \(String(describing: error))")
            return
        }
        #expect(reason.contains("13"))
        #expect(store.outboxPending == 500)
        #expect(store.outboxOldestAge > .zero)
        #expect(metering.errors == [.store])
        #expect(try await store.journal(of: "c").count == 500, "what waits is still there to be read")
        try await store.database.write { try $0.execute(sql: "PRAGMA max_page_count = 1073741823") }
        try await store.flush()
        #expect(store.outboxPending == 0)
        #expect(try await store.journal(of: "c").count == 500)
    }

    @Test("the writer goes on by itself when a locked database is free again")
    func locked() async throws {
        let directory = try TemporaryDirectory()
        let metering = FakeMetering()
        let store = try SQLiteStore(directory: directory.path, metering: metering, logger: .silent)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let path = directory.path + "/" + SQLiteStore.fileName
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let writer = Task { await store.run() }
        store.append(Samples.entry(.modelReady), to: "c")
        #expect(await metering.nextError() == .store)
        #expect(store.outboxPending == 1)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try await store.flush()
        writer.cancel()
        await writer.value
        #expect(try await store.journal(of: "c").count == 1)
    }

    @Test("a file that is no database, or of a newer version, is refused with what to do")
    func refusesToOpen() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/" + SQLiteStore.fileName
        try Data("this is no database, and longer than a header of one: ".utf8 + [UInt8](repeating: 7, count: 4_096))
            .write(to: URL(fileURLWithPath: path))
        let garbage = #expect(throws: StoreOpenError.self) {
            try SQLiteStore(directory: directory.path, metering: nil, logger: .silent)
        }
        #expect(garbage?.description.contains("DATA_DIR") == true)
        let other = try TemporaryDirectory()
        do {
            let store = try SQLiteStore(directory: other.path, metering: nil, logger: .silent)
            try await store.database.write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('of the future')")
            }
        }
        let newer = #expect(throws: StoreOpenError.self) {
            try SQLiteStore(directory: other.path, metering: nil, logger: .silent)
        }
        #expect(newer?.reason.contains("newer version") == true)
        #expect(throws: StoreOpenError.self) {
            try SQLiteStore(directory: other.path + "/missing", metering: nil, logger: .silent)
        }
    }

    @Test("the files of the store belong to the owner alone")
    func modes() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore(directory: directory.path, metering: nil, logger: .silent)
        try await store.insert(Samples.call("c"))
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(names.count >= 2)
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.path + "/" + name)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
        }
    }

    @Test("a start forgets the journals of final calls and old ones without a call, and keeps the rest")
    func prunes() async throws {
        let directory = try TemporaryDirectory()
        do {
            let store = try SQLiteStore(directory: directory.path, metering: nil, logger: .silent)
            try await store.insert(Samples.call("live"))
            try await store.insert(Samples.call("final", status: .completed))
            for callID in ["live", "final", "orphan"] { store.append(Samples.entry(.modelReady), to: callID) }
            store.append(JournalEntry(at: Date(), event: .modelReady), to: "recent orphan")
            try await store.flush()
            try await store.database.write {
                try $0.execute(sql: "UPDATE calls SET outcome = 'error' WHERE call_id = 'final'")
            }
        }
        let store = try SQLiteStore(directory: directory.path, metering: nil, logger: .silent)
        let left = try await store.database.read {
            try String.fetchAll($0, sql: "SELECT call_id FROM journal ORDER BY seq")
        }
        #expect(left == ["live", "recent orphan"])
    }

    @Test("the database does not grow with calls that are over")
    func doesNotGrow() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore(directory: directory.path, metering: nil, logger: .silent)
        for index in 0..<50 {
            let callID = "c\(index)"
            try await store.insert(Samples.call(callID))
            for entry in 0..<50 { store.append(Samples.entry(.dtmf(digit: "\(entry)")), to: callID) }
            try await store.flush()
            var change = CallChange()
            change.status = .completed
            change.outcome = .noAnswer
            try await store.update(callID: callID, change)
        }
        #expect(try await store.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM journal") } == 0)
    }

    @Test("an error names SQLite's code and words, never a value")
    func wrapsErrors() {
        let full = StoreError(DatabaseError(resultCode: .SQLITE_FULL, message: "database or disk is full"))
        #expect(full == .unavailable("SQLite 13: database or disk is full"))
        let constraint = StoreError(
            DatabaseError(resultCode: .SQLITE_CONSTRAINT, message: "NOT NULL constraint failed")
        )
        #expect(constraint == .refused("SQLite 19: NOT NULL constraint failed"))
    }
}
