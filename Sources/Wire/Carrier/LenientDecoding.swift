/// Any name of a JSON object.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
}

/// The most names of an object that are read; a carrier's document takes 99 parameters.
private let maxScalarCount = 128

extension KeyedDecodingContainer {
    /// The string, number or truth value under `key` as text; nil where there is none, or something nested.
    func lenientString(_ key: Key) -> String? {
        if let text = try? self.decode(String.self, forKey: key) { return text }
        if let number = try? self.decode(Int.self, forKey: key) { return String(number) }
        if let number = try? self.decode(Double.self, forKey: key) { return String(number) }
        if let truth = try? self.decode(Bool.self, forKey: key) { return String(truth) }
        return nil
    }

    /// The whole number under `key`, given as a number or as text; throws where it is something else.
    func lenientInt(_ key: Key, default fallback: Int) throws -> Int {
        guard self.contains(key), try !self.decodeNil(forKey: key) else { return fallback }
        if let text = try? self.decode(String.self, forKey: key), let number = Int(text) { return number }
        return try self.decode(Int.self, forKey: key)
    }

    /// The strings, numbers and truth values of the object under `key` as text, by name.
    ///
    /// Empty where there is no such object; null and nested values are left out. Throws where something else than an
    /// object is there (an empty array counts as an empty object), or one with more than 128 names.
    func scalars(_ key: Key) throws -> [String: String] {
        guard self.contains(key), try !self.decodeNil(forKey: key) else { return [:] }
        if let list = try? self.nestedUnkeyedContainer(forKey: key), list.count == 0 { return [:] }
        let object = try self.nestedContainer(keyedBy: AnyKey.self, forKey: key)
        let names = object.allKeys
        guard names.count <= maxScalarCount else {
            throw CarrierMessage.Refusal(reason: "an object with \(names.count) names, 128 at most are read")
        }
        var values: [String: String] = [:]
        for name in names { values[name.stringValue] = object.lenientString(name) }
        return values
    }
}
