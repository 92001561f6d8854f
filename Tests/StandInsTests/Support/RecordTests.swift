import StandIns
import Testing

@Suite struct RecordTests {
    @Test("a wait ends with the change that it waits for, whoever makes it")
    func waits() async throws {
        let record = Record(0)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for goal in 1...20 {
                group.addTask { try await record.wait(for: "\(goal)") { $0 >= goal ? $0 : nil } }
            }
            for _ in 0..<20 {
                group.addTask {
                    record.update { count in
                        count += 1
                        return count
                    }
                }
            }
            var results: [Int] = []
            for try await value in group { results.append(value) }
            #expect(results.count == 40)
        }
    }

    @Test("what is true already is not waited for")
    func alreadyTrue() async throws {
        let record = Record("done")
        #expect(try await record.wait(for: "done", within: .seconds(5)) { $0 == "done" ? 7 : nil } == 7)
    }

    @Test("what does not happen in time is an error that says what")
    func timesOut() async {
        let record = Record(0)
        await #expect(throws: StandInTimeout(what: "one", after: .milliseconds(10))) {
            try await record.wait(for: "one", within: .milliseconds(10)) { $0 == 1 ? true : nil }
        }
    }

    @Test("a cancelled wait ends at once")
    func cancelled() async {
        let record = Record(0)
        let task = Task { try await record.wait(for: "one", within: .seconds(60)) { $0 == 1 ? true : nil } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
