import CPhoneNumbers

/// A telephone number in E.164 (ITU-T E.164 §6), and what its numbering plan says of it.
package struct PhoneNumber: Sendable, Equatable {
    /// What a number is for.
    package enum Kind: Sendable, Equatable {
        case unknown, ordinary, tollFree, premiumRate, sharedCost, personal, pager, company
    }

    /// The number as it is dialled; a valid one without a trunk prefix that does not belong there.
    package let e164: String
    /// 0 where no country calling code begins the number.
    package let callingCode: Int
    /// The country's two letters (ISO 3166-1); `001` of a service that belongs to none; nil where not known.
    package let country: String?
    package let kind: Kind
    /// The numbering plan has such numbers.
    package let isValid: Bool
    /// It connects to an emergency service.
    package let isEmergency: Bool
    /// It is a service's short code.
    package let isShort: Bool
    /// How many digits follow the calling code.
    package let nationalLength: Int

    /// Reads a number as people write it: a plus sign and digits, with spaces, dashes, dots, slashes and brackets between
    /// them; nil for anything else.
    package init?(_ text: String) {
        guard let digits = Self.normalized(text) else { return nil }
        self.init(e164: "+" + digits)
    }

    private init(e164: String) {
        let facts = cphonenumbers_look_up(e164)
        let found = Self.text(of: facts.e164)
        self.e164 = found.isEmpty ? e164 : found
        self.callingCode = Int(facts.calling_code)
        let region = Self.text(of: facts.region)
        self.country = region.isEmpty ? nil : region
        self.kind = Kind(facts.kind)
        self.isValid = facts.is_valid
        self.isEmergency = facts.is_emergency
        self.isShort = facts.is_short
        self.nationalLength = Int(facts.national_length)
    }

    /// The number as one to be called or compared with another, whether or not it may be called; nil for no number.
    package static func canonical(_ text: String) -> String? { Self(text)?.e164 }

    /// Digits after the plus sign, without leading zero and at most 15; nil for no number.
    private static func normalized(_ text: String) -> String? {
        guard text.utf8.count <= 64 else { return nil }
        var digits = ""
        var hasPlus = false
        for character in text.unicodeScalars {
            switch character {
            case "+" where !hasPlus && digits.isEmpty: hasPlus = true
            case "0"..."9" where hasPlus && digits.utf8.count < 15: digits.unicodeScalars.append(character)
            case " ", "-", ".", "/", "(", ")", "\u{A0}", "\u{2010}"..."\u{2013}": break
            default: return nil
            }
        }
        return hasPlus && digits.utf8.count > 1 && digits.first != "0" ? digits : nil
    }

    // MARK: - The numbering plan

    /// Whether the number could be one of this country: several share +1 800, for example.
    package func isValid(in country: String) -> Bool { cphonenumbers_is_valid_in(self.e164, country) }

    /// The calling code of a country; nil where there is no such country.
    package static func callingCode(of country: String) -> Int? {
        let code = Int(cphonenumbers_calling_code(country))
        return code > 0 ? code : nil
    }

    /// The main country of a calling code, `001` for a service that belongs to none; nil where nobody has it.
    package static func mainCountry(of callingCode: Int) -> String? {
        var region: (CChar, CChar, CChar, CChar) = (0, 0, 0, 0)
        let isKnown = withUnsafeMutableBytes(of: &region) { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { cphonenumbers_main_region(Int32(clamping: callingCode), $0) } ?? false
            }
        }
        return isKnown ? Self.text(of: region) : nil
    }

    /// Whether these digits, dialled as they are in this country, reach an emergency service.
    package static func isEmergency(_ digits: Substring, in country: String) -> Bool {
        cphonenumbers_is_emergency(String(digits), country)
    }

    /// An example of one kind of number in a country; nil where there is none.
    package static func example(of kind: Kind, in country: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 24) { buffer in
            guard let target = buffer.baseAddress, cphonenumbers_example(country, kind.code, target) else { return nil }
            return String(cString: target)
        }
    }

    /// The text of a NUL-terminated array of characters, which Swift sees as a tuple.
    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

extension PhoneNumber.Kind {
    fileprivate init(_ code: cphonenumbers_kind) {
        switch code {
        case cphonenumbers_kind_ordinary: self = .ordinary
        case cphonenumbers_kind_toll_free: self = .tollFree
        case cphonenumbers_kind_premium_rate: self = .premiumRate
        case cphonenumbers_kind_shared_cost: self = .sharedCost
        case cphonenumbers_kind_personal: self = .personal
        case cphonenumbers_kind_pager: self = .pager
        case cphonenumbers_kind_company: self = .company
        default: self = .unknown
        }
    }

    fileprivate var code: cphonenumbers_kind {
        switch self {
        case .unknown: cphonenumbers_kind_unknown
        case .ordinary: cphonenumbers_kind_ordinary
        case .tollFree: cphonenumbers_kind_toll_free
        case .premiumRate: cphonenumbers_kind_premium_rate
        case .sharedCost: cphonenumbers_kind_shared_cost
        case .personal: cphonenumbers_kind_personal
        case .pager: cphonenumbers_kind_pager
        case .company: cphonenumbers_kind_company
        }
    }
}
