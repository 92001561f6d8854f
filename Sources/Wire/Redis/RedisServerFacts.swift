/// What `INFO` tells about a server, as far as we need it.
package struct RedisServerFacts: Sendable, Equatable {
    /// As in `7.0.15`; nil where the server does not say.
    package var version: String?
    /// What it does when its memory is full; nil where it does not say.
    package var evictionPolicy: String?

    /// Reads the answer to `INFO`: lines of `name:value`.
    package init(info: String) {
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "redis_version": self.version = String(parts[1])
            case "maxmemory_policy": self.evictionPolicy = String(parts[1])
            default: continue
            }
        }
    }

    /// The first number of the version; nil where there is none.
    package var majorVersion: Int? { self.version.flatMap { Int($0.prefix { $0 != "." }) } }
}

extension RedisClient {
    /// Asks the server what it is.
    ///
    /// - Returns: What it says; nothing where it does not let us ask.
    /// - Throws: ``RedisError`` where it cannot be reached.
    package func serverFacts() async throws(RedisError) -> RedisServerFacts {
        do throws(RedisError) {
            return RedisServerFacts(info: try await self.send(["INFO"]).text ?? "")
        } catch {
            // Hosted servers may forbid it.
            guard case .refused(let code, _) = error, code == "NOPERM" || code == "ERR" else { throw error }
            return RedisServerFacts(info: "")
        }
    }
}
