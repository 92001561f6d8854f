import Foundation
import Testing

@testable import CallRouter

@Suite("The .env file")
struct DotEnvFileTests {
    @Test("lines are read as a shell reads them")
    func parse() {
        let text = """
            # a comment
            PLAIN=value
            export EXPORTED = spaced value \t
              INDENTED=1
            EMPTY=
            HASH=a#b # the rest
            ONLY_COMMENT= # nothing
            SINGLE='it # is $raw \\n' # comment
            DOUBLE="a \\"quoted\\" \\\\ line\\nbreak # kept"
            OPEN="never closed
            NOT A NAME=x
            =nothing
            no assignment
            URL=https://a.example/?x=1&y=2
            TWICE=1
            TWICE=2
            """
        let expected = [
            "PLAIN": "value", "EXPORTED": "spaced value", "INDENTED": "1", "EMPTY": "", "HASH": "a#b",
            "ONLY_COMMENT": "",
            "SINGLE": #"it # is $raw \n"#, "DOUBLE": "a \"quoted\" \\ line\nbreak # kept", "OPEN": "never closed",
            "URL": "https://a.example/?x=1&y=2", "TWICE": "2",
        ]
        #expect(DotEnvFile.parse(text) == expected)
        #expect(DotEnvFile.parse(text.replacing("\n", with: "\r\n")) == expected)
    }

    @Test("the process environment wins over the file, and a missing file changes nothing")
    func precedence() throws {
        let directory = NSTemporaryDirectory() + "dotenv-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(DotEnvFile.environment(over: ["A": "1"], in: directory) == ["A": "1"])
        try Data("A=2\nB=3\n".utf8).write(to: URL(fileURLWithPath: directory + "/.env"))
        #expect(DotEnvFile.environment(over: ["A": "1"], in: directory) == ["A": "1", "B": "3"])
    }
}
