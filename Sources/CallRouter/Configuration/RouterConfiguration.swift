import Logging
import Wire

/// Everything that an operator decides, validated: what the router is built from.
///
/// Parsed by ``init(environment:)``; a value that is not set has its documented default.
package struct RouterConfiguration: Sendable, Equatable {
    package var listening: Listening
    /// How the carrier reaches this router; without it there are no LaML documents and no outbound calls.
    package var publicURL: PublicURL?
    package var openAI: OpenAI
    package var anthropic: Anthropic
    package var supabase: Supabase?
    package var carrier: CarrierAccount?
    package var webhooks: Webhooks
    package var streams: Streams
    package var inbound: Inbound
    package var api: API
    package var limits: Limits
    /// What providers and carrier charge.
    package var prices: PriceTable
    package var dialling: Dialling
    package var storage: Storage
    package var logging: Logging
    /// Where failures are reported; nil: they are only logged.
    package var sentryDSN: SentryDSN?
    /// What `NODE_ENV` calls this deployment: `production` unless it says otherwise.
    package var environmentName: String
    /// Who runs this process, and how long it waits for a drain.
    package var platform: Platform
    /// What works but should not stay as it is, one sentence each; logged at every start.
    package var warnings: [String]

    /// Both ports.
    package struct Listening: Sendable, Equatable {
        package var address: String
        /// 0 takes a free one.
        package var port: Int
        /// nil: there are no metrics.
        package var metricsPort: Int?
    }

    /// The voice model.
    package struct OpenAI: Sendable, Equatable {
        package var apiKey: Secret
        package var url: WebAddress
        package var model: String
        package var transcriptionModel: String
        package var voice: String
    }

    /// Claude.
    package struct Anthropic: Sendable, Equatable {
        package var apiKey: Secret
        package var baseURL: WebAddress
        package var model: String
        package var reasoningModel: String
        package var reasoningDeadline: Duration
    }

    /// The hosted system of record.
    package struct Supabase: Sendable, Equatable {
        package var url: WebAddress
        package var key: Secret
        package var initiatorID: String?
    }

    /// Signed webhooks and documents.
    package struct Webhooks: Sendable, Equatable {
        /// nil: signatures are not checked.
        package var signingKey: Secret?
        /// A document that the carrier fetches where this router does not answer.
        package var fallbackURL: WebAddress?
    }

    /// Media streams.
    package struct Streams: Sendable, Equatable {
        package var auth: StreamAuth
        /// nil: the secret that is kept in the data directory.
        package var tokenSecret: Secret?
        package var codec: StreamCodec
    }

    /// Calls that come in.
    package struct Inbound: Sendable, Equatable {
        package var acceptsUnknownCallers: Bool
        /// The role of the AI in calls that are not on record; empty for a polite receptionist.
        package var systemPrompt: String
    }

    /// The routes below `/v1`.
    package struct API: Sendable, Equatable {
        /// nil: only programs on this machine are answered.
        package var token: Secret?
        package var requestsPerMinute: Int
    }

    /// What calls may use.
    package struct Limits: Sendable, Equatable {
        package var calls: Int
        package var callTime: Duration
        package var callCostUSD: Double?
        package var staleTime: Duration
        package var resumeTime: Duration
        package var drainTime: Duration
    }

    /// Calls that go out.
    package struct Dialling: Sendable, Equatable {
        package var callsPerSecond: Double
        /// Minutes of the callee's day in which calls are placed; nil: at any time.
        package var hours: CallingHours?
        /// The waits before further attempts, in minutes; empty: one attempt.
        package var retryMinutes: [Int]
        /// Two-letter codes (ISO 3166-1), and calling codes with a plus sign; nil: the country of the own number.
        package var allowedCountries: [String]?
        package var transferNumbers: [String]
        package var redisURL: Secret?
        package var queue: String
    }

    /// What is kept on disk.
    package struct Storage: Sendable, Equatable {
        package var directory: String
        package var isRecording: Bool
        package var summaryRetryTime: Duration
    }

    /// The log.
    package struct Logging: Sendable, Equatable {
        package var level: Logger.Level
        /// nil: `text` on a terminal, else `json`.
        package var format: LogFormat?
    }
}

/// What a media stream must show before it may carry a call.
package enum StreamAuth: String, Sendable, Equatable, CaseIterable { case token, signature, off }

/// The form of the log.
package enum LogFormat: String, Sendable, Equatable, CaseIterable { case json, text }

/// The sound that carriers are asked for, named as in the `codec` attribute of `<Stream>`.
package enum StreamCodec: String, Sendable, Equatable, CaseIterable {
    case pcmu = "PCMU@8000h"
    case l16Wide = "L16@16000h"
    case l16SuperWide = "L16@24000h"

    package var format: AudioFormat {
        switch self {
        case .pcmu: .pcmu
        case .l16Wide: .l16(rate: 16_000)
        case .l16SuperWide: .l16(rate: 24_000)
        }
    }
}
