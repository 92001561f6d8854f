import Foundation

/// The JSON file at `PRICE_TABLE`: what it names has its prices, everything else the published ones.
///
/// `ops/prices.example.json` shows every field. A model that is known already may name only the prices that differ; a new
/// one needs all that cannot be left out.
struct PriceTableFile {
    /// What is wrong with a file: every fault, each with its place.
    struct Faults: Error, Equatable {
        let faults: [String]
    }

    /// Larger is no price list.
    private static let maxByteCount = 1 << 20
    /// What nothing costs: a slip of the decimal point.
    private static let maxPrice = 1_000_000.0

    private var table: PriceTable
    private var faults: [String] = []

    /// Reads the file at `path` over `published` prices.
    ///
    /// - Throws: ``Faults`` with everything that is wrong with it.
    static func table(atPath path: String, over published: PriceTable = .published) throws(Faults) -> PriceTable {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Faults(faults: ["there is no file that can be read"])
        }
        return try Self.table(of: data, over: published)
    }

    /// Reads the bytes of such a file.
    static func table(of data: Data, over published: PriceTable = .published) throws(Faults) -> PriceTable {
        guard data.count <= Self.maxByteCount else { throw Faults(faults: ["the file is larger than 1 MiB"]) }
        guard let json = try? JSONDecoder().decode(PriceTableJSON.self, from: data), let members = json.members else {
            throw Faults(faults: ["the file is no JSON object"])
        }
        var file = PriceTableFile(table: published)
        file.read(members)
        guard file.faults.isEmpty else { throw Faults(faults: file.faults.sorted()) }
        return file.table
    }

    private init(table: PriceTable) { self.table = table }

    private mutating func read(_ members: [String: PriceTableJSON]) {
        for (name, value) in members {
            switch name {
            case "voice_models": self.models(value, at: name) { $0.voiceModel($1, $2, at: $3) }
            case "text_models": self.models(value, at: name) { $0.textModel($1, $2, at: $3) }
            case "transcription_models": self.models(value, at: name) { $0.transcriptionModel($1, $2, at: $3) }
            case "carrier": self.carrier(value, at: name)
            // Room for a remark.
            case "comment": break
            default: self.unknown(name)
            }
        }
    }

    private mutating func models(
        _ value: PriceTableJSON,
        at place: String,
        _ read: (inout Self, String, [String: PriceTableJSON], String) -> Void
    ) {
        guard let models = value.members else { return self.faults.append("\(place) must be an object") }
        for (name, prices) in models {
            guard let prices = prices.members else {
                self.faults.append("\(place).\(name) must be an object")
                continue
            }
            read(&self, name, prices, "\(place).\(name)")
        }
    }

    // MARK: - Kinds of prices

    private mutating func voiceModel(_ name: String, _ prices: [String: PriceTableJSON], at place: String) {
        let known = self.table.voiceModels[name]
        self.expect(
            ["text_input", "text_output", "audio_input", "audio_output", "cached_text", "cached_audio"],
            in: prices,
            at: place
        )
        let read = PriceTable.VoiceModel(
            textInput: self.price("text_input", in: prices, at: place, else: known?.textInput),
            textOutput: self.price("text_output", in: prices, at: place, else: known?.textOutput),
            audioInput: self.price("audio_input", in: prices, at: place, else: known?.audioInput),
            audioOutput: self.price("audio_output", in: prices, at: place, else: known?.audioOutput),
            cachedText: self.price("cached_text", in: prices, at: place, else: known?.cachedText),
            cachedAudio: self.price("cached_audio", in: prices, at: place, else: known?.cachedAudio)
        )
        self.table.voiceModels[name] = read
    }

    private mutating func textModel(_ name: String, _ prices: [String: PriceTableJSON], at place: String) {
        let known = self.table.textModels[name]
        self.expect(["input", "output", "long_prompt_tokens", "long_input", "long_output"], in: prices, at: place)
        var read = PriceTable.TextModel(
            input: self.price("input", in: prices, at: place, else: known?.input),
            output: self.price("output", in: prices, at: place, else: known?.output)
        )
        read.longPrompt =
            prices["long_prompt_tokens"] == nil
            ? known?.longPrompt : self.whole("long_prompt_tokens", in: prices, at: place)
        if read.longPrompt != nil {
            let before = known?.longPrompt == nil ? nil : known
            read.longInput = self.price("long_input", in: prices, at: place, else: before?.longInput)
            read.longOutput = self.price("long_output", in: prices, at: place, else: before?.longOutput)
        }
        self.table.textModels[name] = read
    }

    private mutating func transcriptionModel(_ name: String, _ prices: [String: PriceTableJSON], at place: String) {
        let known = self.table.transcriptionModels[name] ?? PriceTable.TranscriptionModel()
        self.expect(["per_minute", "input", "output"], in: prices, at: place)
        if prices.isEmpty { self.faults.append("\(place) must have per_minute, or input and output") }
        self.table.transcriptionModels[name] = PriceTable.TranscriptionModel(
            perMinute: self.price("per_minute", in: prices, at: place, else: known.perMinute),
            input: self.price("input", in: prices, at: place, else: known.input),
            output: self.price("output", in: prices, at: place, else: known.output)
        )
    }

    private mutating func carrier(_ value: PriceTableJSON, at place: String) {
        guard let prices = value.members else { return self.faults.append("\(place) must be an object") }
        self.expect(["inbound_per_minute", "outbound_per_minute", "billing_seconds"], in: prices, at: place)
        let known = self.table.carrier
        var read = PriceTable.Carrier()
        read.inboundPerMinute = self.price("inbound_per_minute", in: prices, at: place, else: known?.inboundPerMinute)
        read.outboundPerMinute = self.price(
            "outbound_per_minute",
            in: prices,
            at: place,
            else: known?.outboundPerMinute
        )
        if prices["billing_seconds"] != nil {
            read.billingSeconds = self.whole("billing_seconds", in: prices, at: place)
        }
        self.table.carrier = read
    }

    // MARK: - Values

    private mutating func expect(_ names: Set<String>, in prices: [String: PriceTableJSON], at place: String) {
        for name in prices.keys where !names.contains(name) && name != "comment" { self.unknown("\(place).\(name)") }
    }

    private mutating func unknown(_ place: String) { self.faults.append("\(place) is no field of a price table") }

    private mutating func price(
        _ name: String,
        in prices: [String: PriceTableJSON],
        at place: String,
        else other: Double?
    ) -> Double {
        guard let value = prices[name] else {
            if other == nil { self.faults.append("\(place).\(name) is missing") }
            return other ?? 0
        }
        guard let price = value.number, (0...Self.maxPrice).contains(price) else {
            self.faults.append("\(place).\(name) must be a price in USD, from 0 to 1000000")
            return 0
        }
        return price
    }

    private mutating func whole(_ name: String, in prices: [String: PriceTableJSON], at place: String) -> Int {
        guard let number = prices[name]?.number, number == number.rounded(), (1...1e9).contains(number) else {
            self.faults.append("\(place).\(name) must be a whole number from 1 to 1000000000")
            return 1
        }
        return Int(number)
    }
}
