import CallActors
import Foundation
import GRDB
import Testing

@testable import CallRouter

@Suite struct SQLiteStoreJournalTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        self.directory = try TemporaryDirectory()
        self.store = try SQLiteStore(directory: self.directory.path, metering: nil, logger: .silent)
    }

    @Test("a live call shows what was said a moment ago, on disk or not")
    func overlaysBuffer() async throws {
        try await self.store.insert(Samples.call("c"))
        self.store.append(Samples.turn("a", order: 1, "hello"), to: "c")
        #expect(try await self.store.call(id: "c")?.transcript.map(\.content) == ["hello"])
        #expect(self.store.outboxPending == 1)
        try await self.store.flush()
        #expect(self.store.outboxPending == 0)
        #expect(self.store.outboxOldestAge == .zero)
        self.store.append(Samples.turn("b", order: 2, "there"), to: "c")
        self.store.append(Samples.entry(.usage(Samples.usage(3))), to: "c")
        let call = try await self.store.call(sid: "CA-c")
        #expect(call?.transcript.map(\.content) == ["hello", "there"])
        #expect(call?.usage.modelInputTokens == 3)
    }

    @Test("every kind of entry comes back exactly, in order")
    func everyEvent() async throws {
        let events: [JournalEntry.Event] = [
            .streamStarted(streamSID: "MZ1", callSID: "CA1"), .streamStarted(streamSID: "MZ2", callSID: nil),
            .streamEnded(.stale), .modelReady, .modelLost(reason: "closed 1006"),
            .turn(itemID: "i", order: 0.1, line: Samples.line(.assistant, "naïve 😀 \"q\"\n", at: 1.0 / 3)),
            .turnRemoved(itemID: "i"), .dtmf(digit: "#"), .toolCall(callID: "t", name: "n", arguments: "{\"a\":1}"),
            .toolResult(callID: "t", output: "ok"), .usage(Samples.usage(9)), .restarted(count: 2),
            .ended(.crashed, errorMessage: nil),
        ]
        let entries = events.enumerated().map { Samples.entry($1, at: Double($0) / 3) }
        for entry in entries { self.store.append(entry, to: "c") }
        #expect(try await self.store.journal(of: "c") == entries)
        try await self.store.flush()
        #expect(try await self.store.journal(of: "c") == entries)
        #expect(try await self.store.journal(of: "other") == [])
    }

    @Test("what was flushed survives a kill, and nothing is doubled")
    func survivesKill() async throws {
        try await self.store.insert(Samples.call("c"))
        for index in 0..<300 { self.store.append(Samples.turn("i\(index)", order: Double(index), "\(index)"), to: "c") }
        try await self.store.flush()
        let left = try self.directory.snapshot()
        let reopened = try SQLiteStore(directory: left.path, metering: nil, logger: .silent)
        #expect(try await reopened.call(id: "c")?.transcript.map(\.content) == (0..<300).map(String.init))
        reopened.append(Samples.turn("i300", order: 300, "300"), to: "c")
        try await reopened.flush()
        #expect(try await reopened.journal(of: "c").count == 301, "numbers go on where the last process stopped")
    }

    @Test("entries of many calls from many threads keep the order of each call")
    func concurrentAppends() async throws {
        let store = self.store
        await withTaskGroup(of: Void.self) { group in
            for call in 0..<16 {
                group.addTask {
                    for index in 0..<250 { store.append(Samples.entry(.dtmf(digit: "\(index)")), to: "c\(call)") }
                }
            }
            group.addTask { for _ in 0..<20 { try? await store.flush() } }
        }
        try await store.flush()
        for call in 0..<16 {
            let digits = try await store.journal(of: "c\(call)").map { entry in
                if case .dtmf(let digit) = entry.event { digit } else { "?" }
            }
            #expect(digits == (0..<250).map(String.init))
        }
    }

    @Test("reading while entries move from the buffer to the disk neither misses nor doubles one")
    func readsDuringCommits() async throws {
        let store = self.store
        try await store.insert(Samples.call("c"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for index in 0..<400 {
                    store.append(Samples.entry(.dtmf(digit: "\(index)")), to: "c")
                    if index.isMultiple(of: 3) { try await store.flush() }
                }
            }
            group.addTask {
                var last = 0
                for _ in 0..<200 {
                    let entries = try await store.journal(of: "c")
                    let digits = entries.map { entry -> Int? in
                        if case .dtmf(let digit) = entry.event { Int(digit) } else { nil }
                    }
                    #expect(digits == Array(0..<entries.count))
                    #expect(entries.count >= last)
                    last = entries.count
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("the end takes over what the journal holds, and a final call needs no journal")
    func endTakesOver() async throws {
        try await self.store.insert(Samples.call("c"))
        self.store.append(Samples.turn("a", order: 1, "on disk"), to: "c")
        try await self.store.flush()
        self.store.append(Samples.turn("b", order: 2, "waiting"), to: "c")
        self.store.append(Samples.entry(.usage(Samples.usage(8))), to: "c")
        var change = CallChange()
        change.status = .completed
        let ended = try await self.store.update(callID: "c", change)
        #expect(ended?.transcript.map(\.content) == ["on disk", "waiting"])
        #expect(ended?.usage.modelInputTokens == 8)
        #expect(try await self.store.journal(of: "c").count == 3, "kept until the record is final")
        change = CallChange()
        change.outcome = .goalAchieved
        try await self.store.update(callID: "c", change)
        self.store.append(Samples.turn("c", order: 3, "too late"), to: "c")
        try await self.store.flush()
        #expect(try await self.store.journal(of: "c") == [])
        #expect(self.store.outboxPending == 0)
        #expect(try await self.store.call(id: "c")?.transcript.map(\.content) == ["on disk", "waiting"])
    }

    @Test("an end with a transcript of its own keeps that one")
    func endWithTranscript() async throws {
        try await self.store.insert(Samples.call("c"))
        self.store.append(Samples.turn("a", order: 1, "journal"), to: "c")
        var change = CallChange()
        change.status = .completed
        change.transcript = [Samples.line(.user, "final")]
        #expect(try await self.store.update(callID: "c", change)?.transcript.map(\.content) == ["final"])
    }

    @Test("an entry that can never be written does not hold up the others")
    func poison() async throws {
        self.store.append(Samples.turn("a", order: .nan, "never"), to: "c")
        self.store.append(Samples.turn("b", order: 1, "good"), to: "c")
        try await self.store.flush()
        #expect(try await self.store.journal(of: "c").count == 1)
        #expect(self.store.outboxPending == 0)
    }

    @Test("an event of a later version costs that event only")
    func unknownEvent() async throws {
        self.store.append(Samples.entry(.modelReady), to: "c")
        self.store.append(Samples.turn("b", order: 1, "good"), to: "c")
        try await self.store.flush()
        try await self.store.database.write { db in
            try db.execute(sql: "UPDATE journal SET event = '{\"teleported\":{}}' WHERE seq = 1")
        }
        #expect(try await self.store.journal(of: "c").map(\.event) == [Samples.turn("b", order: 1, "good").event])
    }

    @Test("the writer commits by itself, and what is left when it is stopped")
    func writerCommits() async throws {
        // Journals of calls that never came in are not kept over a restart.
        try await self.store.insert(Samples.call("c"))
        let (commits, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.store.database.add(transactionObserver: CommitObserver { continuation.yield() }, extent: .databaseLifetime)
        let store = self.store
        let writer = Task { await store.run() }
        self.store.append(Samples.turn("a", order: 1, "first"), to: "c")
        for await _ in commits { break }
        let left = try self.directory.snapshot()
        let reopened = try SQLiteStore(directory: left.path, metering: nil, logger: .silent)
        #expect(try await reopened.journal(of: "c").count == 1)
        for index in 0..<100 { self.store.append(Samples.entry(.dtmf(digit: "\(index)")), to: "c") }
        writer.cancel()
        await writer.value
        #expect(self.store.outboxPending == 0)
    }
}

/// Tells of every commit.
private final class CommitObserver: TransactionObserver {
    private let committed: @Sendable () -> Void

    init(_ committed: @escaping @Sendable () -> Void) { self.committed = committed }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { eventKind.tableName == "journal" }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { self.committed() }
    func databaseDidRollback(_ db: Database) {}
}
