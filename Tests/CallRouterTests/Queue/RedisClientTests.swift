import Foundation
import NIOCore
import NIOPosix
import StandIns
import Testing
import Wire

@testable import CallRouter

@Suite struct RedisClientTests {
    private static func client(
        _ url: String,
        _ adjust: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisClient {
        var configuration = try RedisConfiguration(url: url)
        configuration.connectTimeout = .seconds(60)
        configuration.commandTimeout = .seconds(60)
        adjust(&configuration)
        return RedisClient(configuration, on: MultiThreadedEventLoopGroup.singleton.next())
    }

    @Test("signs in with a password or as a user, and chooses the database")
    func signIn() async throws {
        let server = try await RedisServer.running([
            "--requirepass", "open sesame", "--user", "ali", "on", ">thief~40", "~*", "&*", "+@all",
        ])
        let place = "127.0.0.1:\(server.port)"
        let one = try Self.client("redis://:open%20sesame@\(place)/3")
        let two = try Self.client("redis://ali:thief~40@\(place)/3")
        _ = try await one.send(["SET", "here", "yes"])
        #expect(try await two.send(["GET", "here"]).text == "yes")
        #expect(try await two.send(["ACL", "WHOAMI"]).text == "ali")
        let other = try Self.client("redis://default:open%20sesame@\(place)")
        #expect(try await other.send(["GET", "here"]) == .null)
        let wrong = try Self.client("redis://ali:forty@\(place)")
        let error = await #expect(throws: RedisError.self) { try await wrong.send(["PING"]) }
        #expect(error.map { "\($0)".contains("WRONGPASS") && !"\($0)".contains("forty") } == true)
        for client in [one, two, other, wrong] { await client.close() }
    }

    @Test("many commands at once share the connection, and each gets its own answer")
    func pipelining() async throws {
        let server = try await RedisServer.running()
        let client = try Self.client(server.url)
        let long = String(repeating: "å\r\n$", count: 400_000)
        _ = try await client.send(["SET", "long", long])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...500 {
                group.addTask {
                    let answer = try await client.send(["ECHO", "\(number)"])
                    #expect(answer.text == "\(number)")
                }
            }
            for _ in 1...5 {
                group.addTask {
                    let answer = try await client.send(["GET", "long"])
                    #expect(answer.text == long)
                }
            }
            try await group.waitForAll()
        }
        let info = try await client.send(["INFO", "stats"]).text ?? ""
        #expect(info.contains("total_connections_received:1\r\n"))
        await client.close()
        await #expect(throws: RedisError.closed) { try await client.send(["PING"]) }
    }

    @Test("a script is sent once, and again where the server has forgotten it")
    func scripts() async throws {
        let server = try await RedisServer.running()
        let client = try Self.client(server.url)
        let script = RedisScript("return {KEYS[1], ARGV[1], 7, false, {1, 2}}")
        let answer = RESPValue.array([
            .bulk(ByteBuffer(string: "k")), .bulk(ByteBuffer(string: "a")), .integer(7), .null,
            .array([.integer(1), .integer(2)]),
        ])
        #expect(try await client.evaluate(script, keys: ["k"], arguments: ["a"]) == answer)
        #expect(try await client.evaluate(script, keys: ["k"], arguments: ["a"]) == answer)
        _ = try await client.send(["SCRIPT", "FLUSH"])
        #expect(try await client.evaluate(script, keys: ["k"], arguments: ["a"]) == answer)
        let broken = RedisScript("return redis.call('GET')")
        let error = await #expect(throws: RedisError.self) {
            try await client.evaluate(broken, keys: [], arguments: [])
        }
        guard case .refused = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(error?.isConnectionFault == false)
        await client.close()
    }

    @Test("a refusal tells the server's code, and nothing of the command")
    func refusal() async throws {
        let server = try await RedisServer.running()
        let client = try Self.client(server.url)
        let error = await #expect(throws: RedisError.self) { try await client.send(["NONSENSE", "+15555550123"]) }
        guard case .refused(code: "ERR", let message) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(!message.contains("5555"))
        #expect(try await client.send(["PING"]).text == "PONG", "the connection is as good as before")
        await client.close()
    }

    @Test("commands fail when the connection dies, and work again when the server is back")
    func reconnect() async throws {
        let server = try await RedisServer.running()
        let client = try Self.client(server.url)
        _ = try await client.send(["SET", "kept", "1"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: RedisError.connectionLost) {
                    try await client.sendBlocking(["BLPOP", "never", "0"], upTo: .seconds(600))
                }
            }
            let observer = try OfficialClient(server)
            // By then the other one is blocked.
            while try await !"\(observer.ask("command", ["words": ["CLIENT", "LIST"]]))".contains("blpop") {
                await Task.yield()
            }
            try await server.kill()
            try await group.waitForAll()
        }
        await #expect(throws: RedisError.self) { try await client.send(["GET", "kept"]) }
        #expect(await client.retryDelay > .zero)
        try #require(await server.start())
        var value: String?
        while value == nil {
            // What is not due yet fails at once.
            value = try? await client.send(["GET", "kept"]).text
            await Task.yield()
        }
        #expect(value == "1")
        await client.close()
    }

    @Test("an answer that does not come in time fails the command")
    func timeout() async throws {
        let server = try await RedisServer.running()
        let client = try Self.client(server.url) {
            $0.commandTimeout = .seconds(2)
            $0.connectTimeout = .seconds(2)
        }
        #expect(try await client.send(["PING"]).text == "PONG")
        _ = try await client.send(["CLIENT", "PAUSE", "600000", "ALL"])
        await #expect(throws: RedisError.timedOut) { try await client.send(["PING"]) }
        await #expect(throws: RedisError.timedOut, "the next connection") { try await client.send(["PING"]) }
        await client.close()
    }

    @Test("a command that blocks ends with its task")
    func cancellation() async throws {
        let server = try await RedisServer.running()
        let client = try Self.client(server.url)
        _ = try await client.send(["PING"])
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: RedisError.connectionLost) {
                    try await client.sendBlocking(["BLPOP", "never", "0"], upTo: .seconds(600))
                }
            }
            group.cancelAll()
        }
        await client.close()
    }
}
