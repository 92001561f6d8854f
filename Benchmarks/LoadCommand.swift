import ArgumentParser

/// `Benchmarks load`: whole calls through the real router.
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Plays calls through the real router and measures loss, latency, CPU and memory.",
        discussion: """
            echo: 50 frames a second from the carrier to the model, each answered by one 20 ms delta that goes back. \
            talk: the same uplink, and every 5 s an answer of 3 s in deltas of 200 to 400 ms sent at once, every \
            second one interrupted. Exit 1 where anything was lost, doubled, out of order or cut off.
            """
    )

    @Option(help: "Calls at a time; several numbers with commas make several runs.")
    var calls = "50"

    @OptionGroup var options: LoadOptions

    func run() throws {
        let counts = self.calls.split(separator: ",").compactMap { Int($0) }.filter { $0 > 0 }
        guard !counts.isEmpty else { throw ValidationError("--calls takes numbers such as 50 or 50,100,200.") }
        var output = ReportOutput(json: self.options.json)
        for count in counts { output.add(try LoadGenerator(self.options.settings(calls: count)).run()) }
        output.finish()
        guard output.isClean else { throw ExitCode(1) }
    }
}

/// `Benchmarks capacity`: the most calls that one core carries.
struct CapacityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity",
        abstract: "Finds the most calls of one core: nothing lost, round trip p99 under the limit."
    )

    @Option(help: "Calls of the first run.")
    var from = 100

    @Option(help: "Calls added for each further run.")
    var step = 50

    @Option(help: "Calls of the last run.")
    var to = 1_500

    @Option(help: "The limit of the round trip's p99, in milliseconds.")
    var p99Limit = 20.0

    @OptionGroup var options: LoadOptions

    func run() throws {
        guard self.options.mode == .echo, self.step > 0 else {
            throw ValidationError("capacity measures round trips: --mode echo, and --step above 0.")
        }
        var output = ReportOutput(json: self.options.json)
        var best = 0
        for count in stride(from: self.from, through: self.to, by: self.step) {
            let report = try LoadGenerator(self.options.settings(calls: count)).run()
            output.add(report)
            guard report.isClean, let trip = report.roundTrip, trip.p99 < self.p99Limit else { break }
            best = count
        }
        output.finish(closing: "\(best) calls on one core, nothing lost, round trip p99 under \(self.p99Limit) ms")
    }
}

/// What `load` and `capacity` share.
struct LoadOptions: ParsableArguments {
    @Option(help: "echo or talk.")
    var mode = LoadMode.echo

    @Option(help: "Length of the measured time.")
    var seconds = 10

    @Option(help: "Calls opened in a second.")
    var callsPerSecond = 100

    @Option(help: "Core of the router; -1 leaves router and generator to the system.")
    var routerCore = 0

    @Option(help: "Core of the generator.")
    var generatorCore = 1

    @Flag(help: "One JSON array on standard output, and nothing else.")
    var json = false

    func validate() throws {
        guard self.seconds > 0, self.callsPerSecond > 0 else {
            throw ValidationError("--seconds and --calls-per-second must be above 0.")
        }
    }

    func settings(calls: Int) -> LoadSettings {
        LoadSettings(
            mode: self.mode,
            calls: calls,
            seconds: self.seconds,
            callsPerSecond: self.callsPerSecond,
            cores: self.routerCore < 0 ? nil : (router: self.routerCore, generator: self.generatorCore)
        )
    }
}

extension LoadMode: ExpressibleByArgument {}
