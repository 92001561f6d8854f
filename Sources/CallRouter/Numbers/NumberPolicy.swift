import CallActors
import Foundation

/// Which numbers may be called, and when.
///
/// Allowed are ordinary and toll-free numbers, and companies' access numbers, of the allowed countries. A number whose
/// country is not known, such as +1 555, counts by its calling code. Services that belong to no country (+800, +881 and
/// their like) are called only where their calling code itself is in the list. Premium-rate, shared-cost, personal and
/// pager numbers cost whoever calls them more than a call does, and are never called; nor are emergency services and
/// short numbers.
package struct NumberPolicy: NumberChecking {
    /// Two-letter codes of countries.
    private let countries: Set<String>
    /// Calling codes of which every number is allowed.
    private let callingCodes: Set<Int>
    /// Calling codes of the allowed countries: what a number of no known country counts by.
    private let countryCallingCodes: Set<Int>
    /// What `ALLOWED_COUNTRIES` says, for messages.
    private let allowed: String
    private let hours: CallingHours?
    private let ownZones: [TimeZone]

    /// The emergency numbers of most of the world, which some carrier might connect from anywhere.
    private static let emergencyCountries = ["US", "GB", "DE", "AU"]
    private static let utc = TimeZone.gmt

    /// - Parameters:
    ///   - allowedCountries: `ALLOWED_COUNTRIES`: two-letter codes, and calling codes with a plus sign; nil for the country
    ///     of the own number.
    ///   - ownNumber: The number that calls are placed from. With neither this nor a list no number is allowed, but then
    ///     there is no carrier to call with either.
    ///   - hours: The part of the callee's day in which calls are placed; nil for all of it.
    package init(allowedCountries: [String]?, ownNumber: String?, hours: CallingHours?) {
        let own = ownNumber.flatMap(PhoneNumber.init)
        let list = allowedCountries ?? own.flatMap(Self.country).map { [$0] } ?? []
        self.countries = Set(list.filter { !$0.hasPrefix("+") })
        self.callingCodes = Set(list.filter { $0.hasPrefix("+") }.compactMap { Int($0.dropFirst()) })
        self.countryCallingCodes = Set(self.countries.compactMap(PhoneNumber.callingCode))
        self.allowed = list.joined(separator: ", ")
        self.hours = hours
        self.ownZones = own.map { TimeZoneTable.shared.zones(of: $0.e164) } ?? []
    }

    /// The country of a number; of one that has none, the main country of its calling code.
    private static func country(of number: PhoneNumber) -> String? {
        number.country ?? PhoneNumber.mainCountry(of: number.callingCode)
    }

    // MARK: - Which

    package func check(_ number: String) -> NumberVerdict {
        guard let number = PhoneNumber(number) else { return .malformed }
        if number.isEmergency || self.isBareEmergency(number) {
            return .notAllowed("Emergency services are never called.")
        }
        if number.isShort { return .notAllowed("Short numbers of services are never called.") }
        // Too short for a subscriber anywhere, unless its country has such numbers.
        guard number.isValid || number.nationalLength > 6 || number.callingCode == 0 && number.e164.count > 7 else {
            return .malformed
        }
        if let name = Self.dearKind(of: number) { return .notAllowed("\(name) numbers are never called.") }
        guard !self.isAllowed(number) else { return .allowed(number.e164) }
        return .notAllowed(self.refusal(of: number))
    }

    private func isAllowed(_ number: PhoneNumber) -> Bool {
        if self.callingCodes.contains(number.callingCode) { return true }
        guard let country = number.country else { return self.countryCallingCodes.contains(number.callingCode) }
        if self.countries.contains(country) { return true }
        guard self.countryCallingCodes.contains(number.callingCode) else { return false }
        return self.countries.contains { number.isValid(in: $0) }
    }

    /// Says why a number is outside of the list, without the number.
    private func refusal(of number: PhoneNumber) -> String {
        let what =
            switch (number.country, number.callingCode) {
            case (_, 0): "No country has this number's calling code"
            case ("001"?, let code): "Services under +\(code) are not called"
            case (let country?, _): "Numbers of \(country) are not called"
            case (nil, let code): "Numbers under +\(code) are not called"
            }
        return self.allowed.isEmpty
            ? "\(what): no country is allowed. Set ALLOWED_COUNTRIES, or the own number."
            : "\(what): ALLOWED_COUNTRIES is \(self.allowed)."
    }

    /// The digits themselves are an emergency number, as in +911.
    private func isBareEmergency(_ number: PhoneNumber) -> Bool {
        let digits = number.e164.dropFirst()
        guard !number.isValid, digits.utf8.count < 7 else { return false }
        return self.countries.union(Self.emergencyCountries).contains { PhoneNumber.isEmergency(digits, in: $0) }
    }

    // MARK: - Kinds

    /// The name of a kind of number that is dear to call; nil for others.
    private static func dearKind(of number: PhoneNumber) -> String? {
        if let name = Self.name(ofDear: number.kind) { return name }
        // 976 is the pay-per-call exchange of every area of North America.
        if number.callingCode == 1, number.e164.utf8.count == 12, number.e164.dropFirst(5).hasPrefix("976") {
            return Self.name(ofDear: .premiumRate)
        }
        return number.isValid ? nil : Self.dearNeighbour(of: number)
    }

    private static func name(ofDear kind: PhoneNumber.Kind) -> String? {
        switch kind {
        case .premiumRate: "Premium-rate"
        case .sharedCost: "Shared-cost"
        case .personal: "Personal"
        case .pager: "Pager"
        case .unknown, .ordinary, .tollFree, .company: nil
        }
    }

    /// The kind of dear numbers that begin as this one, which the numbering plan does not know itself.
    ///
    /// A plan that has been extended since, or a number with a digit too few, must not open a way round the rule: what
    /// begins like a premium-rate number counts as one.
    private static func dearNeighbour(of number: PhoneNumber) -> String? {
        guard number.callingCode > 0 else { return nil }
        let prefixLength = 1 + String(number.callingCode).utf8.count
        var lengths: Set = [number.e164.utf8.count]
        if let country = Self.country(of: number) {
            for kind in [PhoneNumber.Kind.premiumRate, .sharedCost, .personal] {
                if let example = PhoneNumber.example(of: kind, in: country) { lengths.insert(example.utf8.count) }
            }
        }
        for kept in 3...5 where kept < number.nationalLength {
            let beginning = number.e164.prefix(prefixLength + kept)
            for length in lengths where length > beginning.utf8.count {
                for digit in ["0", "1", "2", "5", "9"] {
                    let text = beginning + String(repeating: digit, count: length - beginning.utf8.count)
                    guard let neighbour = PhoneNumber(String(text)), neighbour.isValid else { continue }
                    if let name = Self.name(ofDear: neighbour.kind) { return name }
                }
            }
        }
        return nil
    }

    // MARK: - When

    package func nextOpening(for number: String, from date: Date) -> Date {
        guard let hours = self.hours else { return date }
        let known = Self.zones(of: number)
        let zones = known.isEmpty ? self.ownZones : known
        return CallingWindow(hours: hours, zones: zones.isEmpty ? [Self.utc] : zones).opening(from: date)
    }

    package func timeZone(of number: String) -> TimeZone? {
        let zones = Self.zones(of: number)
        // Of many, the own one is the likeliest; else the one in the middle, which is the least wrong.
        if let own = self.ownZones.first, self.ownZones.count == 1, zones.contains(own) { return own }
        let ordered = zones.sorted { ($0.secondsFromGMT(), $0.identifier) < ($1.secondsFromGMT(), $1.identifier) }
        return ordered.isEmpty ? nil : ordered[ordered.count / 2]
    }

    private static func zones(of number: String) -> [TimeZone] {
        PhoneNumber.canonical(number).map(TimeZoneTable.shared.zones) ?? []
    }
}
