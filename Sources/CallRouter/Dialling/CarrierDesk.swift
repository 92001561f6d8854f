import CallActors
import Foundation
import Logging

/// Takes what the carrier reports, and finds the call that it is about.
package struct CarrierDesk: CarrierEvents {
    private let dialler: Dialler
    private let store: any DialStore
    private let metering: any CallMetering
    private let logger: Logger

    package init(dialler: Dialler, store: any DialStore, metering: any CallMetering, logger: Logger) {
        self.dialler = dialler
        self.store = store
        self.metering = metering
        self.logger = logger
    }

    package func status(_ update: CarrierStatusUpdate) async {
        guard let callID = await self.callID(update.callID, callSID: update.callSID) else { return }
        await self.dialler.take(CarrierNews(update), of: callID)
    }

    package func answered(_ report: AnsweringReport) async {
        guard let callID = await self.callID(report.callID, callSID: report.callSID) else { return }
        await self.dialler.take(report, of: callID)
    }

    package func stream(_ report: StreamReport) async {
        guard case .failed(let reason) = report.kind else { return }
        self.metering.error(.carrier)
        var metadata: Logger.Metadata = ["reason": "\(Self.word(reason))"]
        if let callSID = report.callSID, let callID = await self.callID(nil, callSID: callSID) {
            metadata["call_id"] = "\(callID)"
        }
        self.logger.warning(
            "The carrier could not open or keep a media stream. Check PUBLIC_URL, its certificate and its proxy.",
            metadata: metadata
        )
    }

    /// Our identifier of a call: the one in the callback's URL, else that of the SID; nil where neither is known.
    private func callID(_ callID: String?, callSID: String) async -> String? {
        do throws(StoreError) {
            if let callID, try await self.store.call(id: callID) != nil { return callID }
            if let call = try await self.store.call(sid: callSID) { return call.callID }
            self.logger.debug("The carrier reports of a call that is not on record.")
            return nil
        } catch {
            self.logger.error("\(error)", error: error)
            return callID
        }
    }

    /// What a peer writes there may stand in a log line only as far as it is a plain word or two.
    private static func word(_ reason: String) -> String {
        let isPlain = reason.utf8.allSatisfy { byte in
            (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: " ")
                || byte == UInt8(ascii: "-")
        }
        return isPlain && (1...64).contains(reason.utf8.count) ? reason : "unknown"
    }
}
