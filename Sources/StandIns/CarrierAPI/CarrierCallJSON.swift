import Foundation

/// A call as the REST API shows it.
enum CarrierCallJSON {
    static func json(_ record: CarrierCallRecord, accountSID: String) -> StandInJSON {
        let isMachine = record.answeredBy.map { $0.hasPrefix("machine") || $0 == "fax" }
        let path = "/api/laml/2010-04-01/Accounts/\(accountSID)/Calls/\(record.callSID)"
        return [
            "sid": .string(record.callSID), "date_created": self.date(record.createdDate),
            "date_updated": self.date(record.endedDate ?? record.answeredDate ?? record.createdDate),
            "parent_call_sid": .null, "account_sid": .string(accountSID), "to": .string(record.to),
            "formatted_to": .string(record.to), "from": .string(record.from), "formatted_from": .string(record.from),
            "phone_number_sid": .null, "status": .string(record.status.shown),
            "start_time": self.date(record.answeredDate), "end_time": self.date(record.endedDate),
            "duration": record.status.isOver ? StandInJSON(record.talkSeconds) : .null, "price": .null,
            "price_unit": "USD", "direction": record.direction == "inbound" ? "inbound" : "outbound",
            "answered_by": StandInJSON(isMachine.map { $0 ? "machine" : "human" }), "api_version": "2010-04-01",
            "forwarded_from": .null, "caller_name": .null, "sip_result_code": .null, "audio_in_mos": .null,
            "uri": .string(path), "subresource_uris": ["streams": .string(path + "/Streams")],
        ]
    }

    private static func date(_ date: Date?) -> StandInJSON { StandInJSON(date.map(CarrierDates.rfc2822)) }
}
