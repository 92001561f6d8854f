import ArgumentParser
import CLoad

/// `Benchmarks floor-relay`: the floor, as the other commands start it.
struct FloorRelayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor-relay",
        abstract: "The least that relays calls, in C.",
        shouldDisplay: false
    )

    @Option var port: Int
    @Option var modelPort: Int
    @Option var threads = 1
    @Flag var tls = false

    func run() throws {
        let error = cload_floor(UInt16(self.port), UInt16(self.modelPort), UInt32(self.threads), self.tls)
        throw LoadError.system(call: "cload_floor", errno: error)
    }
}
