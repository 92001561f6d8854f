import Logging

extension RouterConfiguration {
    /// Reads the variables of a process; ``DotEnvFile/environment(over:in:)`` gives them.
    ///
    /// Unknown variables are ignored and blank ones count as unset. Throws everything that is missing or invalid at once.
    package init(environment: [String: String]) throws(ConfigurationError) {
        var reader = ConfigurationReader(environment: environment)
        self.listening = Self.listening(&reader)
        self.publicURL = reader.url(.publicURL, schemes: PublicURL.schemes, loopbackSchemes: PublicURL.loopbackSchemes)
            .map(PublicURL.init)
        self.openAI = Self.openAI(&reader)
        self.anthropic = Self.anthropic(&reader)
        self.supabase = Self.supabase(&reader)
        self.carrier = Self.carrier(&reader)
        self.webhooks = Self.webhooks(&reader, publicURL: self.publicURL)
        self.streams = Self.streams(&reader, publicURL: self.publicURL, signingKey: self.webhooks.signingKey)
        self.inbound = Self.inbound(&reader, isHosted: self.supabase != nil)
        self.api = API(
            token: reader.secret(.apiToken),
            requestsPerMinute: reader.integer(.apiRequestsPerMinute, in: 1...1_000_000, default: 300)
        )
        self.limits = Self.limits(&reader)
        self.prices = Self.prices(&reader, voiceModel: self.openAI.model)
        self.dialling = Self.dialling(&reader)
        self.storage = Storage(
            directory: reader.value(.dataDirectory) ?? "./data",
            isRecording: reader.boolean(.recording, default: false),
            summaryRetryTime: reader.seconds(.summaryRetry, in: 0...31_536_000, default: 86_400)
        )
        self.logging = Self.logging(&reader)
        self.sentryDSN = Self.sentryDSN(&reader)
        self.environmentName = Self.environmentName(&reader)
        self.platform = Platform(environment: environment)
        if let warning = self.platform.drainWarning(self.limits) { reader.warn(warning) }
        self.warnings = reader.warnings
        guard reader.problems.isEmpty else { throw ConfigurationError(problems: reader.problems) }
    }

    private static func listening(_ reader: inout ConfigurationReader) -> Listening {
        let metricsPort = reader.integer(.metricsPort, in: 0...65535, default: 9091)
        return Listening(
            address: reader.value(.bindAddress) ?? "0.0.0.0",
            port: reader.integer(.port, in: 0...65535, default: 8080),
            metricsPort: metricsPort == 0 ? nil : metricsPort
        )
    }

    private static func openAI(_ reader: inout ConfigurationReader) -> OpenAI {
        if let dialect = reader.value(.dialect), dialect.lowercased() != "realtime" {
            let reason =
                dialect.lowercased() == "live"
                ? "live is not built yet; use realtime" : "the only dialect is realtime"
            reader.invalid(.dialect, reason)
        }
        return OpenAI(
            apiKey: reader.required(.openAIKey),
            url: Self.address(&reader, .openAIURL, "wss", "ws", default: ("api.openai.com", "/v1/realtime")),
            model: reader.value(.openAIModel) ?? "gpt-realtime-2.1",
            transcriptionModel: reader.value(.transcriptionModel) ?? "gpt-transcribe",
            voice: reader.value(.voice) ?? "marin"
        )
    }

    private static func anthropic(_ reader: inout ConfigurationReader) -> Anthropic {
        Anthropic(
            apiKey: reader.required(.anthropicKey),
            baseURL: Self.address(&reader, .anthropicURL, "https", "http", default: ("api.anthropic.com", "")),
            model: reader.value(.anthropicModel) ?? "claude-haiku-5-5",
            reasoningModel: reader.value(.reasoningModel) ?? "claude-haiku-5-5",
            reasoningDeadline: reader.seconds(.reasoningDeadline, in: 0.1...60, default: 4)
        )
    }

    private static func supabase(_ reader: inout ConfigurationReader) -> Supabase? {
        guard reader.value(.supabaseURL) != nil else { return nil }
        let url = reader.url(.supabaseURL, schemes: ["https"], loopbackSchemes: ["http"])
        let initiatorID = reader.value(.supabaseInitiator)
        if let key = reader.secret(.supabaseServiceKey) {
            return url.map { Supabase(url: $0, key: key, initiatorID: initiatorID) }
        }
        guard let key = reader.secret(.supabaseAnonymousKey) else {
            reader.missing(.supabaseServiceKey)
            return nil
        }
        reader.warn(
            "NEXT_PUBLIC_SUPABASE_ANON_KEY is used, which row-level security may keep from writing. "
                + "Set SUPABASE_SERVICE_ROLE_KEY."
        )
        return url.map { Supabase(url: $0, key: key, initiatorID: initiatorID) }
    }

    private static func webhooks(_ reader: inout ConfigurationReader, publicURL: PublicURL?) -> Webhooks {
        let fallbackURL = reader.url(.fallbackURL, schemes: ["https"], loopbackSchemes: ["http"])
        guard reader.boolean(.webhookAuth, default: true) else {
            reader.warn(
                "WEBHOOK_AUTH=off: anybody who finds PUBLIC_URL can start calls at your cost. "
                    + "Set SIGNALWIRE_SIGNING_KEY and remove WEBHOOK_AUTH."
            )
            return Webhooks(signingKey: nil, fallbackURL: fallbackURL)
        }
        var key = reader.secret(.signingKey)
        if key == nil, reader.value(.signalWireSpace) == nil { key = reader.secret(.twilioToken) }
        if key == nil, let publicURL, !publicURL.isLoopback { reader.missing(.signingKey) }
        return Webhooks(signingKey: key, fallbackURL: fallbackURL)
    }

    private static func streams(
        _ reader: inout ConfigurationReader,
        publicURL: PublicURL?,
        signingKey: Secret?
    ) -> Streams {
        let auth: StreamAuth = reader.choice(.streamAuth, default: .token)
        switch auth {
        case .token: break
        case .signature:
            if signingKey == nil { reader.missing(.signingKey) }
            if publicURL == nil { reader.missing(.publicURL) }
        case .off:
            reader.warn(
                "STREAM_AUTH=off: anybody who reaches this port can talk to the AI at your cost. "
                    + "Use STREAM_AUTH=token outside of tests."
            )
        }
        let secret = reader.secret(.streamTokenSecret)
        // 128 bits is the security strength asked of an HMAC key (NIST SP 800-107 §5.3.4).
        if let secret, secret.value.utf8.count < 16 {
            reader.warn("STREAM_TOKEN_SECRET is shorter than 16 bytes and can be guessed. Use a long random string.")
        }
        return Streams(auth: auth, tokenSecret: secret, codec: reader.choice(.streamCodec, default: .pcmu))
    }

    private static func inbound(_ reader: inout ConfigurationReader, isHosted: Bool) -> Inbound {
        enum Policy: String, CaseIterable { case accept, reject }
        let policy: Policy = reader.choice(.inboundCalls, default: isHosted ? .reject : .accept)
        return Inbound(
            acceptsUnknownCallers: policy == .accept,
            systemPrompt: reader.value(.systemPrompt) ?? ""
        )
    }

    private static func limits(_ reader: inout ConfigurationReader) -> Limits {
        Limits(
            calls: reader.integer(.maxCalls, in: 0...1_000_000, default: 1000),
            callTime: reader.seconds(.maxCallTime, in: 1...86_400, default: 300),
            callCostUSD: reader.decimal(.maxCallCost, in: 0.000_001...1_000_000),
            staleTime: reader.seconds(.staleCallTime, in: 0.1...3600, default: 15),
            resumeTime: reader.seconds(.resumeTime, in: 0...3600, default: 30),
            drainTime: reader.seconds(.drainTime, in: 0...86_400, default: 330)
        )
    }

    private static func prices(_ reader: inout ConfigurationReader, voiceModel: String) -> PriceTable {
        var prices = PriceTable.published
        if let path = reader.value(.priceTable) {
            do throws(PriceTableFile.Faults) {
                prices = try PriceTableFile.table(atPath: path)
            } catch {
                reader.invalid(.priceTable, error.faults.joined(separator: "; "))
                return prices
            }
        }
        if reader.value(.maxCallCost) != nil, prices.voiceModel(voiceModel) == nil {
            reader.warn(
                "MAX_CALL_COST_USD ends no call: the voice model of OPENAI_REALTIME_MODEL has no known price. "
                    + "Add it to voice_models of a PRICE_TABLE."
            )
        }
        return prices
    }

    private static func logging(_ reader: inout ConfigurationReader) -> Logging {
        var level: Logger.Level = reader.choice(.logLevel, default: .info)
        if reader.boolean(.debug, default: false) { level = min(level, .debug) }
        var format: LogFormat?
        if reader.value(.logFormat) != nil {
            format = reader.choice(.logFormat, default: LogFormat.json)
        } else if reader.value(.nodeEnvironment)?.lowercased() == "development" {
            format = .text
        }
        return Logging(level: level, format: format)
    }

    /// A URL with a default on the encrypted scheme.
    static func address(
        _ reader: inout ConfigurationReader,
        _ variable: ConfigurationVariable,
        _ scheme: String,
        _ loopbackScheme: String,
        default other: (host: String, path: String)
    ) -> WebAddress {
        reader.url(variable, schemes: [scheme], loopbackSchemes: [loopbackScheme])
            ?? WebAddress(scheme: scheme, host: other.host, port: nil, path: other.path)
    }
}
