import Testing
import Wire

@Suite struct RedisURLTests {
    @Test("every form of the URL is taken apart")
    func forms() throws {
        let plain = try RedisURL("redis://localhost")
        #expect(plain.host == "localhost" && plain.port == 6379 && plain.database == 0 && !plain.isSecure)
        #expect(plain.user == nil && plain.password == nil)
        let full = try RedisURL("rediss://ali:p%40ss%3Aw@redis.example.com:6380/12")
        #expect(full.isSecure && full.user == "ali" && full.password == "p@ss:w")
        #expect(full.host == "redis.example.com" && full.port == 6380 && full.database == 12)
        let onlyPassword = try RedisURL("redis://:open@10.0.0.1/")
        #expect(onlyPassword.user == nil && onlyPassword.password == "open" && onlyPassword.database == 0)
        let onlyUser = try RedisURL("redis://ali@10.0.0.1")
        #expect(onlyUser.user == "ali" && onlyUser.password == nil)
        let address = try RedisURL("REDIS://[::1]:7000/2?family=6")
        #expect(address.host == "::1" && address.port == 7000 && address.database == 2)
        let raw = try RedisURL("redis://default:a/b@c:d@host")
        #expect(raw.password == "a/b@c:d" && raw.host == "host")
    }

    @Test("what cannot be used is refused, and never quoted")
    func refusals() {
        for url in [
            "", "localhost:6379", "http://hunter2@host", "redis://", "redis://:hunter2@", "redis://hunter2:x@:6379",
            "redis://u:hunter2@host:0", "redis://u:hunter2@host:65536", "redis://u:hunter2@host:port",
            "redis://u:hunter2@host/db", "redis://u:hunter2@host/-1", "redis://u:hunter2@[::1", "redis://[::1]x:1",
            "redis://u:hunter2%zz@host", "redis://u:hunter2 @host", "redis://u:hünter2@host",
            "redis://host/99999999999999999999",
        ] {
            let error = #expect(throws: RedisError.self, "\(url)") { try RedisURL(url) }
            guard case .badURL = error else {
                Issue.record("\(url): \(String(describing: error))")
                continue
            }
            #expect("\(error.map { "\($0)" } ?? "")".contains("hunter2") == false)
        }
    }

    @Test("no print shows the credentials")
    func secrecy() throws {
        let url = try RedisURL("rediss://ali:hunter2@host:1/3")
        var dump = ""
        Swift.dump(url, to: &dump)
        for text in ["\(url)", String(reflecting: url), dump] {
            #expect(!text.contains("hunter2") && !text.contains("ali"))
        }
        #expect("\(url)" == "rediss://host:1/3")
        let configuration = try RedisConfiguration(url: "redis://ali:hunter2@host")
        #expect(!"\(configuration)".contains("hunter2"))
    }

    @Test("the waits between attempts double up to ten seconds, less the part left to chance")
    func backoff() {
        var backoff = RedisBackoff()
        let now = ContinuousClock.now
        #expect(backoff.wait(at: now) == .zero)
        var waits: [Duration] = []
        for _ in 1...9 {
            backoff.failed(at: now, jitter: 0)
            waits.append(backoff.wait(at: now))
        }
        #expect(waits == [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000].map { .milliseconds($0) })
        #expect(backoff.wait(at: now.advanced(by: .seconds(11))) == .zero)
        for _ in 1...200 { backoff.failed(at: now, jitter: 1) }
        #expect(backoff.wait(at: now) == .seconds(5))
        backoff.succeeded()
        #expect(backoff.wait(at: now) == .zero && backoff.failures == 0)
    }

    @Test("a script is known by its SHA-1")
    func digest() {
        #expect(RedisScript("return 1").digest == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
    }
}
