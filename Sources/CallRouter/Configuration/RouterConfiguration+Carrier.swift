import Wire

extension RouterConfiguration {
    /// The account of the carrier: SignalWire where a space is set, else Twilio, else none.
    static func carrier(_ reader: inout ConfigurationReader) -> CarrierAccount? {
        if let space = Self.space(&reader) {
            guard let projectID = reader.value(.signalWireProject), let token = reader.secret(.signalWireToken),
                let number = Self.number(&reader, .signalWireNumber)
            else {
                reader.warn(
                    "SIGNALWIRE_SPACE_URL is set without SIGNALWIRE_PROJECT_ID, SIGNALWIRE_API_TOKEN and "
                        + "SIGNALWIRE_PHONE_NUMBER: calls can be answered, not placed or hung up at the carrier. Set all four."
                )
                return nil
            }
            return .signalWire(projectID: projectID, apiToken: token, space: space, number: number)
        }
        let baseURL = Self.address(&reader, .twilioURL, "https", "http", default: ("api.twilio.com", ""))
        let number = Self.number(&reader, .twilioNumber)
        guard let account = reader.value(.twilioAccount) else { return nil }
        guard let token = reader.secret(.twilioToken), let number else {
            reader.warn(
                "TWILIO_ACCOUNT_SID is set without TWILIO_AUTH_TOKEN and TWILIO_PHONE_NUMBER: calls can be answered, not "
                    + "placed or hung up at the carrier. Set all three."
            )
            return nil
        }
        return .twilio(accountSID: account, authToken: token, baseURL: baseURL, number: number)
    }

    /// The SignalWire space: a host name, or a URL.
    private static func space(_ reader: inout ConfigurationReader) -> WebAddress? {
        guard let text = reader.value(.signalWireSpace) else { return nil }
        if text.contains("://") { return reader.url(.signalWireSpace, schemes: ["https"], loopbackSchemes: ["http"]) }
        do {
            return try WebAddress("https://\(text)", schemes: ["https"], loopbackSchemes: [])
        } catch {
            reader.invalid(.signalWireSpace, "it must be a host name, or an http:// URL of a loopback host")
            return nil
        }
    }

    static func dialling(_ reader: inout ConfigurationReader) -> Dialling {
        var hours = CallingHours("08:00-21:00")
        if let text = reader.value(.callingHours) {
            if text.lowercased() == "off" {
                hours = nil
            } else if let given = CallingHours(text) {
                hours = given
            } else {
                reader.invalid(.callingHours, "it must be two times of day like 08:00-21:00, or off")
            }
        }
        var retries = [30, 60]
        if reader.value(.retryMinutes)?.lowercased() == "off" {
            retries = []
        } else if let list = reader.list(
            .retryMinutes,
            of: "whole minutes, or off",
            where: { Int($0).map { (1...100_000).contains($0) } ?? false }
        ) {
            retries = list.compactMap { Int($0) }
        }
        if let url = reader.value(.redisURL) {
            do throws(RedisError) { _ = try RedisURL(url) } catch { reader.invalid(.redisURL, "\(error)") }
        }
        return Dialling(
            callsPerSecond: reader.decimal(.callsPerSecond, in: 0.001...1000) ?? 1,
            hours: hours,
            retryMinutes: retries,
            allowedCountries: reader.list(
                .allowedCountries,
                of: "two-letter codes of countries (the United Kingdom is GB) or calling codes such as +800",
                where: Self.isCountry
            )?.map { $0.uppercased() },
            transferNumbers: reader.list(.transferNumbers, of: "numbers like +15551230001", where: Self.isE164) ?? [],
            redisURL: reader.secret(.redisURL),
            queue: reader.value(.callQueue) ?? "calls"
        )
    }

    /// The code of a country that has telephone numbers, or a calling code that somebody has.
    private static func isCountry(_ text: String) -> Bool {
        guard text.hasPrefix("+") else {
            return text.utf8.count == 2 && PhoneNumber.callingCode(of: text.uppercased()) != nil
        }
        let digits = text.dropFirst()
        guard (1...3).contains(digits.utf8.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return false
        }
        return Int(digits).flatMap(PhoneNumber.mainCountry) != nil
    }

    private static func number(_ reader: inout ConfigurationReader, _ variable: ConfigurationVariable) -> String? {
        guard let number = reader.value(variable) else { return nil }
        guard Self.isE164(number) else {
            reader.invalid(variable, "it must be a number like +15551230000")
            return nil
        }
        return number
    }

    /// A plus sign and up to 15 digits, the first of them not 0 (ITU-T E.164 §6).
    private static func isE164(_ text: String) -> Bool {
        let digits = text.dropFirst()
        return text.first == "+" && (2...15).contains(digits.count) && digits.first != "0"
            && digits.allSatisfy { $0.isASCII && $0.isNumber }
    }
}
