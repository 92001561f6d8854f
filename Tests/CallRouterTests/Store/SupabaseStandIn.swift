import AsyncHTTPClient
import CallActors
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing
import Wire

@testable import CallRouter

/// A real PostgreSQL behind the stand-in for PostgREST (Tests/Tools/postgrest.py), as a child of this process.
///
/// Both end with this process, however it ends: the program stops its PostgreSQL when its standard input closes.
final class SupabaseStandIn: Sendable {
    /// The one of this run of tests; each test begins with ``reset(isMigrated:)``.
    static var shared: SupabaseStandIn { get async throws { try await Self.starting.value } }

    private static let starting = Task { try await SupabaseStandIn() }

    let address: WebAddress
    let serviceKey: String
    let anonymousKey: String
    let secretKey: String
    private let control: String
    /// Held open: its end is the end of the program.
    private let input: Int32

    private init() async throws {
        let tools = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Tools").standardizedFileURL.path
        let python = URL(fileURLWithPath: tools).appendingPathComponent("../../.build/test-tools/bin/python").path
        try #require(FileManager.default.isExecutableFile(atPath: python), "run scripts/test-tools")
        let (input, line) = try await Self.start([python, tools + "/postgrest.py", tools + "/supabase-schema.sql"])
        self.input = input
        let start = try #require(JSONDocument(parsing: line), "it did not start: run scripts/test-tools")
        self.address = try WebAddress(
            "http://127.0.0.1:\(try #require(start["api"]?.integer))",
            schemes: ["https"],
            loopbackSchemes: ["http"]
        )
        self.control = "http://127.0.0.1:\(try #require(start["control"]?.integer))"
        self.serviceKey = try #require(start["service_key"]?.text)
        self.anonymousKey = try #require(start["anon_key"]?.text)
        self.secretKey = try #require(start["secret_key"]?.text)
    }

    deinit { close(self.input) }

    /// Spawns the program, and reads its first line; the identifier is reaped with this process.
    private static func start(_ command: [String]) async throws -> (input: Int32, line: String) {
        var pipes: [Int32] = [-1, -1, -1, -1]
        for start in [0, 2] {
            let result = pipes.withUnsafeMutableBufferPointer { pipe($0.baseAddress.map { $0 + start }) }
            try #require(result == 0, "pipe failed, errno \(errno)")
        }
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[0], 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[3], 1)
        var arguments = command.map { strdup($0) } + [nil]
        let inherited = ["PATH", "HOME", "TMPDIR", "LANG"]
        var variables: [UnsafeMutablePointer<CChar>?] =
            ProcessInfo.processInfo.environment.filter { inherited.contains($0.key) }
            .map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, command[0], &actions, nil, &arguments, &variables)
        close(pipes[0])
        close(pipes[3])
        try #require(result == 0, "posix_spawn failed, errno \(result)")
        let output = pipes[2]
        // Reading blocks: a thread of its own.
        let line = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes: [UInt8] = []
                var byte: UInt8 = 0
                while read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
                close(output)
                continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
            }
        }
        return (pipes[1], line)
    }

    // MARK: - Control

    @discardableResult
    func control(_ path: String, _ body: String = "") async throws -> JSONDocument {
        var request = HTTPClientRequest(url: self.control + path)
        request.method = .POST
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let text = String(buffer: try await response.body.collect(upTo: 64 << 20))
        try #require(response.status == .ok, "\(path): \(text)")
        return JSONDocument(parsing: text) ?? .null
    }

    /// Begins anew: everything runs, with empty tables, one user and no faults.
    func reset(isMigrated: Bool = true) async throws {
        try await self.control("/reset")
        if isMigrated { try await self.migrate() }
        try await self.sql("insert into users (id, email, full_name) values ('user_1', 'one@example.com', 'Ada Jones')")
    }

    func migrate() async throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../ops/supabase/migration.sql").standardizedFileURL.path
        try await self.sql(String(contentsOfFile: path, encoding: .utf8))
    }

    /// The rows of a statement, or none.
    @discardableResult
    func sql(_ statement: String) async throws -> [JSONDocument] {
        try await self.control("/sql", statement).elements ?? []
    }

    /// The row of a call; nil where there is none.
    func call(_ callID: String) async throws -> JSONDocument? {
        try await self.sql("select row_to_json(calls) as row from calls where id = '\(callID)'").first?["row"]
    }

    /// Waits until the row of a call is as `condition` wants it.
    ///
    /// - Parameters:
    ///   - callID: The call.
    ///   - condition: What is waited for.
    /// - Returns: The row.
    /// - Throws: Where it does not come about within a generous time.
    @discardableResult
    func call(_ callID: String, where condition: (JSONDocument) -> Bool) async throws -> JSONDocument {
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        var last: JSONDocument?
        while ContinuousClock.now < deadline {
            last = try await self.call(callID)
            if let last, condition(last) { return last }
        }
        return try #require(nil as JSONDocument?, "the row stayed as \(last.map { "\($0)" } ?? "absent")")
    }

    // MARK: - Stores

    /// A store over an embedded one in `directory`, as after a start of the process.
    func store(
        in directory: TemporaryDirectory,
        key: String? = nil,
        initiatorID: String? = "user_1",
        log: RecordedLog = RecordedLog()
    ) throws -> SupabaseStore {
        let local = try SQLiteStore(directory: directory.path, metering: nil, logger: log.logger, isMirrored: true)
        return SupabaseStore(
            local: local,
            settings: RouterConfiguration.Supabase(
                url: self.address,
                key: Secret(key ?? self.serviceKey),
                initiatorID: initiatorID
            ),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            metering: nil,
            logger: log.logger
        )
    }
}

extension SupabaseStore {
    /// Runs the store's worker beside `body`, and ends both.
    func running<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let worker = Task { await self.run() }
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        worker.cancel()
        await worker.value
        await self.shutdown()
        return try result.get()
    }

    /// Waits until the outbox is empty.
    func settled() async throws {
        await self.settle(within: .seconds(60))
        #expect(try await self.local.outboxState().count == 0)
    }
}
