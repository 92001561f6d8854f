import Foundation
import StandIns
import Testing

/// The documented messages that the stand-ins are held against.
enum Fixture {
    static func lines(_ name: String) throws -> [StandInJSON] {
        try self.text(name).split(separator: "\n").map { try StandInJSON(parsing: String($0)) }
    }

    static func text(_ name: String) throws -> String {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil))
        return try String(contentsOf: url, encoding: .utf8)
    }

    /// The paths of all members of an object, and whether each is null: `session.audio.input.format.type`.
    ///
    /// Arrays count as one element `[]` with the members of all of theirs.
    static func paths(_ json: StandInJSON, under prefix: String = "") -> Set<String> {
        switch json {
        case .object(let members):
            members.reduce(into: []) { paths, member in
                let path = prefix.isEmpty ? member.name : "\(prefix).\(member.name)"
                paths.insert(path)
                paths.formUnion(self.paths(member.value, under: path))
            }
        case .array(let elements):
            elements.reduce(into: []) { $0.formUnion(self.paths($1, under: prefix + "[]")) }
        default: []
        }
    }
}
