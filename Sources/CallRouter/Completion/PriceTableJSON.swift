/// A JSON value, as far as a price table has them.
enum PriceTableJSON: Decodable, Equatable {
    case number(Double)
    case object([String: PriceTableJSON])
    /// Text, a list, true, false or null: wrong wherever a price is expected.
    case other

    init(from decoder: any Decoder) throws {
        // Whatever is no object has no such container.
        if let fields = try? decoder.container(keyedBy: Key.self) {
            var members: [String: PriceTableJSON] = [:]
            for key in fields.allKeys { members[key.stringValue] = try fields.decode(PriceTableJSON.self, forKey: key) }
            self = .object(members)
            return
        }
        let value = try decoder.singleValueContainer()
        // Some decoders take true for 1. What does not decode as the one or the other is something else.
        if (try? value.decode(Bool.self)) == nil, let number = try? value.decode(Double.self) {
            self = .number(number)
        } else {
            self = .other
        }
    }

    var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    var members: [String: PriceTableJSON]? {
        if case .object(let members) = self { members } else { nil }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }
}
