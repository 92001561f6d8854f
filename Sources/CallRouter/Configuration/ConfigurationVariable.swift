/// One environment variable: its names, what it is for and an example.
package struct ConfigurationVariable: Sendable, Equatable {
    /// The name that is documented; it wins over the aliases.
    package let name: String
    package let aliases: [String]
    /// Completes the sentence "it is …".
    package let purpose: String
    package let example: String
    /// The value is never shown, not even where it is wrong.
    package let isSecret: Bool

    init(_ name: String, _ aliases: String..., for purpose: String, example: String, isSecret: Bool = false) {
        self.name = name
        self.aliases = aliases
        self.purpose = purpose
        self.example = example
        self.isSecret = isSecret
    }
}

// The process.
extension ConfigurationVariable {
    static let port = Self("WEBSOCKET_PORT", "PORT", for: "the HTTP and WebSocket port", example: "8080")
    static let bindAddress = Self("BIND_ADDRESS", for: "the address that both ports listen on", example: "0.0.0.0")
    static let metricsPort = Self("METRICS_PORT", for: "the port of /metrics; 0 turns it off", example: "9091")
    static let publicURL = Self(
        "PUBLIC_URL",
        "WEBSOCKET_SERVER_URL",
        for: "how the carrier reaches this router",
        example: "https://router.example.com"
    )
    static let dataDirectory = Self("DATA_DIR", for: "the directory of the store and the recordings", example: "./data")
    static let logLevel = Self("LOG_LEVEL", for: "the least important records that are logged", example: "info")
    static let debug = Self("DEBUG", for: "a short way to LOG_LEVEL=debug", example: "true")
    static let logFormat = Self("LOG_FORMAT", for: "the form of the log: json or text", example: "json")
    static let nodeEnvironment = Self(
        "NODE_ENV",
        for: "the deployment's name; development makes text the log's form",
        example: "production"
    )
    static let sentryDSN = Self(
        "SENTRY_DSN",
        for: "where unhandled failures are reported",
        example: "https://key@o0.ingest.sentry.io/1",
        isSecret: true
    )
    static let platformStop = Self(
        "PLATFORM_STOP_SECONDS",
        "RAILWAY_DEPLOYMENT_DRAINING_SECONDS",
        for: "how long the platform waits after SIGTERM before it kills, for warnings about DRAIN_SECONDS",
        example: "345"
    )
    static let apiToken = Self(
        "ROUTER_API_TOKEN",
        for: "the bearer token of /v1",
        example: "a long random string",
        isSecret: true
    )
    static let apiRequestsPerMinute = Self(
        "API_REQUESTS_PER_MINUTE",
        for: "how many requests to /v1 a client may make",
        example: "300"
    )
}

// The providers.
extension ConfigurationVariable {
    static let openAIKey = Self(
        "OPENAI_API_KEY",
        for: "the key of the OpenAI account that runs the voice model",
        example: "sk-proj-…",
        isSecret: true
    )
    static let openAIURL = Self(
        "OPENAI_REALTIME_URL",
        for: "where the voice model is reached",
        example: "wss://api.openai.com/v1/realtime"
    )
    static let openAIModel = Self("OPENAI_REALTIME_MODEL", for: "the voice model", example: "gpt-realtime-2.1")
    static let transcriptionModel = Self(
        "OPENAI_TRANSCRIPTION_MODEL",
        for: "the model that writes down what the caller says",
        example: "gpt-transcribe"
    )
    static let voice = Self("OPENAI_VOICE", for: "the voice of the AI", example: "marin")
    static let dialect = Self("OPENAI_DIALECT", for: "the protocol of the voice model", example: "realtime")
    static let anthropicKey = Self(
        "ANTHROPIC_API_KEY",
        for: "the key of the Anthropic account that reasons and sums up",
        example: "sk-ant-…",
        isSecret: true
    )
    static let anthropicURL = Self(
        "ANTHROPIC_BASE_URL",
        for: "where Claude is reached",
        example: "https://api.anthropic.com"
    )
    static let anthropicModel = Self("ANTHROPIC_MODEL", for: "the model of the summaries", example: "claude-haiku-5-5")
    static let reasoningModel = Self(
        "ANTHROPIC_REASONING_MODEL",
        for: "the model that reasons during calls",
        example: "claude-haiku-5-5"
    )
    static let reasoningDeadline = Self(
        "REASONING_DEADLINE_SECONDS",
        for: "how long a caller waits for Claude before the fallback answer",
        example: "4"
    )
    static let summaryRetry = Self(
        "SUMMARY_RETRY_SECONDS",
        for: "how long a summary that failed is tried again",
        example: "86400"
    )
    static let supabaseURL = Self(
        "NEXT_PUBLIC_SUPABASE_URL",
        "SUPABASE_URL",
        for: "the Supabase project that is the system of record",
        example: "https://abc.supabase.co"
    )
    static let supabaseServiceKey = Self(
        "SUPABASE_SERVICE_ROLE_KEY",
        for: "the Supabase key that may write (needed with NEXT_PUBLIC_SUPABASE_URL)",
        example: "eyJ…",
        isSecret: true
    )
    static let supabaseAnonymousKey = Self(
        "NEXT_PUBLIC_SUPABASE_ANON_KEY",
        for: "the Supabase key that is used without SUPABASE_SERVICE_ROLE_KEY",
        example: "eyJ…",
        isSecret: true
    )
    static let supabaseInitiator = Self(
        "SUPABASE_INITIATOR_ID",
        for: "the user that calls without an initiator are written for",
        example: "11111111-1111-4111-8111-111111111111"
    )
    static let redisURL = Self(
        "REDIS_URL",
        for: "the Redis of the job queue",
        example: "rediss://default:password@redis.example.com:6379",
        isSecret: true
    )
    static let callQueue = Self("CALL_QUEUE", for: "the name of the job queue", example: "calls")
}

// The carrier.
extension ConfigurationVariable {
    static let signalWireProject = Self(
        "SIGNALWIRE_PROJECT_ID",
        for: "the SignalWire project that places calls",
        example: "b08dacad-2f6c-4de1-93d6-cc732e0c69c5"
    )
    static let signalWireToken = Self(
        "SIGNALWIRE_API_TOKEN",
        for: "the SignalWire project's API token",
        example: "PT…",
        isSecret: true
    )
    static let signalWireSpace = Self(
        "SIGNALWIRE_SPACE_URL",
        for: "the host name of the SignalWire space",
        example: "example.signalwire.com"
    )
    static let signalWireNumber = Self(
        "SIGNALWIRE_PHONE_NUMBER",
        for: "the own number that calls are placed from",
        example: "+15551230000"
    )
    static let twilioAccount = Self("TWILIO_ACCOUNT_SID", for: "the Twilio account that places calls", example: "AC…")
    static let twilioToken = Self(
        "TWILIO_AUTH_TOKEN",
        for: "the Twilio account's auth token",
        example: "32 hexadecimal digits",
        isSecret: true
    )
    static let twilioNumber = Self(
        "TWILIO_PHONE_NUMBER",
        for: "the own number that calls are placed from",
        example: "+15551230000"
    )
    static let twilioURL = Self(
        "TWILIO_API_URL",
        for: "where Twilio's API is reached",
        example: "https://api.twilio.com"
    )
    static let signingKey = Self(
        "SIGNALWIRE_SIGNING_KEY",
        for: "the key that checks the signatures of webhooks and LaML fetches, needed where PUBLIC_URL is not a "
            + "loopback one (WEBHOOK_AUTH=off goes without, and then anybody can start calls)",
        example: "PSK_…",
        isSecret: true
    )
    static let webhookAuth = Self(
        "WEBHOOK_AUTH",
        for: "whether signatures of webhooks are checked: on or off",
        example: "on"
    )
    static let streamAuth = Self(
        "STREAM_AUTH",
        for: "what a media stream must show: token, signature or off",
        example: "token"
    )
    static let streamTokenSecret = Self(
        "STREAM_TOKEN_SECRET",
        for: "the secret that signs stream tokens; a fleet shares one",
        example: "a long random string",
        isSecret: true
    )
    static let streamCodec = Self(
        "STREAM_CODEC",
        for: "the sound of the streams: PCMU@8000h, L16@16000h or L16@24000h",
        example: "PCMU@8000h"
    )
    static let inboundCalls = Self(
        "INBOUND_CALLS",
        for: "what becomes of calls from unknown numbers: accept or reject",
        example: "accept"
    )
    static let fallbackURL = Self(
        "CARRIER_FALLBACK_URL",
        for: "the document that the carrier fetches when this router does not answer",
        example: "https://cdn.example.com/fallback.xml"
    )
    static let systemPrompt = Self(
        "DEFAULT_SYSTEM_PROMPT",
        for: "the role of the AI in calls that are not on record",
        example: "You are the receptionist of Example Plumbing."
    )
}

// The calls.
extension ConfigurationVariable {
    static let maxCalls = Self("MAX_CALLS", for: "how many calls this instance takes at a time", example: "1000")
    static let maxCallTime = Self(
        "MAX_CALL_SECONDS",
        for: "the length of a call after which the AI says goodbye",
        example: "300"
    )
    static let maxCallCost = Self(
        "MAX_CALL_COST_USD",
        for: "the cost of a call after which the AI says goodbye",
        example: "1.50"
    )
    static let priceTable = Self(
        "PRICE_TABLE",
        for: "the JSON file with the prices of models and carrier, over the published ones",
        example: "./prices.json"
    )
    static let staleCallTime = Self(
        "STALE_CALL_SECONDS",
        for: "how long the carrier may be silent before its stream is closed",
        example: "15"
    )
    static let resumeTime = Self(
        "RESUME_SECONDS",
        for: "how long a call without a stream waits for one",
        example: "30"
    )
    static let drainTime = Self("DRAIN_SECONDS", for: "how long live calls may go on after SIGTERM", example: "330")
    static let recording = Self("ENABLE_RECORDING", for: "whether calls are recorded", example: "false")
    static let callsPerSecond = Self("CALLS_PER_SECOND", for: "the pace of dialling", example: "1")
    static let callingHours = Self(
        "CALLING_HOURS",
        for: "the callee's local hours in which calls are placed, or off",
        example: "08:00-21:00"
    )
    static let retryMinutes = Self(
        "RETRY_MINUTES",
        for: "the waits before further attempts of a call that was not answered, or off",
        example: "30,60"
    )
    static let allowedCountries = Self(
        "ALLOWED_COUNTRIES",
        for: "the countries that may be called, and calling codes of services such as +800",
        example: "US,CA"
    )
    static let transferNumbers = Self(
        "TRANSFER_NUMBERS",
        for: "the numbers that a call may be transferred to",
        example: "+15551230001,+15551230002"
    )
}
