import Foundation
import Wire

/// Takes the members of a JSON object one by one, and notes everything that is wrong with them.
///
/// What is left when ``close()`` is called belongs to nobody and is a fault too: a misspelt name must not pass for a
/// field that was left out.
struct BodyFields {
    /// The name of each bad field, with those around it, to what is wrong with it.
    private(set) var faults: [String: String] = [:]
    private var members: [String: JSONDocument]

    init(_ members: [String: JSONDocument]) { self.members = members }

    /// A text that says something: at least one character other than white space, and no U+0000.
    mutating func text(_ name: String, limit: Int, isRequired: Bool = false) -> String? {
        guard let text = self.string(name, isRequired: isRequired) else { return nil }
        if let fault = TextRule.fault(of: text, limit: limit) {
            self.faults[name] = fault
            return nil
        }
        return text
    }

    /// One of several words.
    mutating func choice(_ name: String, of choices: [String], isRequired: Bool = false) -> String? {
        guard let text = self.string(name, isRequired: isRequired) else { return nil }
        guard choices.contains(text) else {
            self.faults[name] = "must be one of " + choices.joined(separator: ", ")
            return nil
        }
        return text
    }

    /// Letters, digits, `-` and `_`.
    mutating func word(_ name: String, limit: Int) -> String? {
        guard let text = self.string(name, isRequired: false) else { return nil }
        let isWord = text.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == "_")
        }
        guard isWord, (1...limit).contains(text.utf8.count) else {
            self.faults[name] = "must be 1 to \(limit) letters, digits, hyphens and underscores"
            return nil
        }
        return text
    }

    mutating func date(_ name: String) -> Date? {
        guard let text = self.string(name, isRequired: false) else { return nil }
        guard let date = RFC3339.date(text) else {
            self.faults[name] = "must be a date and time of RFC 3339, such as 2027-01-31T09:30:00-05:00"
            return nil
        }
        return date
    }

    /// A number of zero or more, as a number or as a text.
    mutating func amount(_ name: String, limit: Int) -> String? {
        switch self.members[name] {
        case .integer(let value)? where value >= 0:
            self.members[name] = nil
            return String(value)
        case .number(let value)? where value >= 0 && value.isFinite:
            self.members[name] = nil
            return String(value)
        case .string?, nil, .null?: return self.text(name, limit: limit)
        case .integer?, .number?, .bool?, .array?, .object?:
            self.members[name] = nil
            self.faults[name] = "must be a number of 0 or more, or a string"
            return nil
        }
    }

    /// A nested object, whose faults are noted below its name.
    mutating func object(_ name: String, _ take: (inout BodyFields) -> Void) {
        switch self.members.removeValue(forKey: name) {
        case nil, .null?: return
        case .object(let members)?:
            var fields = BodyFields(members)
            take(&fields)
            fields.close()
            for (inner, fault) in fields.faults { self.faults["\(name).\(inner)"] = fault }
        case .string?, .integer?, .number?, .bool?, .array?: self.faults[name] = "must be an object"
        }
    }

    /// Notes a fault that was found elsewhere.
    mutating func refuse(_ name: String, _ fault: String) { self.faults[name] = fault }

    /// Notes every member that was not asked for; the names are cut, since the sender chose them.
    mutating func close() {
        for name in self.members.keys { self.faults[String(name.prefix(64))] = "is not a field of this request" }
        self.members = [:]
    }

    private mutating func string(_ name: String, isRequired: Bool) -> String? {
        switch self.members.removeValue(forKey: name) {
        case .string(let text)?: return text
        case nil, .null?:
            if isRequired { self.faults[name] = "is required" }
        case .integer?, .number?, .bool?, .array?, .object?: self.faults[name] = "must be a string"
        }
        return nil
    }
}
