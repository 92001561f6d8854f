import ArgumentParser

/// Where results go.
struct OutputOptions: ParsableArguments {
    @Flag(help: "One JSON object on standard output, and nothing else.")
    var json = false

    @Option(help: "Writes the results to this file, as --json prints them.")
    var save: String?

    @Option(help: "Shows how the results differ from those in this file, row by row, in percent.")
    var compare: String?
}
