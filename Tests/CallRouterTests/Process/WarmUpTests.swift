import NIOCore
import Testing
import Wire

@testable import CallRouter

@Suite struct WarmUpTests {
    @Test("every message of the warm-up is one that the decoders know")
    func messagesAreKnown() throws {
        for message in WarmUp.carrierMessages {
            if case .unknown = try CarrierDecoder.decode(ByteBuffer(string: message)) { Issue.record("\(message)") }
        }
        var recent = RecentIdentifiers()
        for message in WarmUp.modelMessages {
            let event = try RealtimeDialect().decode(ByteBuffer(string: message), reusing: &recent)
            if case .ignored = event { Issue.record("\(message)") }
        }
    }
}
