import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers the requests to the carrier's REST API.
final class StandInAPIDesk: Sendable {
    /// A call that is to be made.
    struct Job: Sendable {
        var call: CarrierCall
        var order: CarrierOrder
        /// How long it waits for its turn.
        var queueTime: Duration
    }

    /// An answer before it is written.
    private struct Answer {
        var status: Int
        var json: StandInJSON
        var code: Int?
        var retryAfterSeconds: Int?
    }

    let requests = Record<[StandInAPIRequest]>([])
    let faults = Record<[StandInAPIFault]>([])
    /// Calls to be made, in the order in which they were taken.
    let jobs: AsyncStream<Job>
    private let source: AsyncStream<Job>.Continuation
    private let carrier: StandInCarrier
    private let settings: StandInAPISettings
    /// When the next call may start.
    private let nextStart = Mutex(ContinuousClock.now)

    init(carrier: StandInCarrier, settings: StandInAPISettings) {
        self.carrier = carrier
        self.settings = settings
        (self.jobs, self.source) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(settings.queueLimit))
    }

    func close() { self.source.finish() }

    private var accountSID: String { self.carrier.settings.accountSID }

    func respond(_ request: LoopbackRequest) -> LoopbackResponse {
        let query = request.uri.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        var form = FormFields(query)
        form.fields += FormFields(String(buffer: request.body)).fields
        let target = StandInAPITarget(request, settings: self.carrier.settings)
        let operation = target.operation(method: request.method)
        let fault = operation.flatMap(self.nextFault)
        var answer: Answer?
        if let refusal = self.denial(request, target) {
            answer = refusal
        } else {
            switch fault?.action {
            case .drop: answer = nil
            case .refuse(let status, let code, let seconds):
                answer = self.refusal(status, code, "Refused by the stand-in.")
                answer?.retryAfterSeconds = seconds
            case .dropAfterwards, .hangAfterwards, .delay, nil: answer = self.perform(operation, target, form)
            }
        }
        let isAnswered = fault.map { ![.drop, .dropAfterwards, .hangAfterwards].contains($0.action) } ?? true
        let entry = StandInAPIRequest(
            method: request.method.rawValue,
            path: request.path,
            form: form,
            at: .now,
            status: isAnswered ? answer?.status : nil,
            code: answer?.code,
            operation: operation
        )
        self.requests.update { $0.append(entry) }
        return self.response(answer, fault?.action)
    }

    private func nextFault(_ operation: StandInAPIFault.Operation) -> StandInAPIFault? {
        self.faults.update { faults in
            guard let index = faults.firstIndex(where: { $0.operation == nil || $0.operation == operation }) else {
                return nil
            }
            return faults.remove(at: index)
        }
    }

    private func response(_ answer: Answer?, _ action: StandInAPIFault.Action?) -> LoopbackResponse {
        switch action {
        case .drop, .dropAfterwards: return LoopbackResponse(status: .ok, steps: [.abort])
        case .hangAfterwards: return LoopbackResponse(status: .ok, delay: .seconds(3600))
        case .delay, .refuse, nil: break
        }
        guard let answer else { return LoopbackResponse(status: .ok, steps: [.abort]) }
        var headers = HTTPHeaders()
        if let seconds = answer.retryAfterSeconds { headers.add(name: "Retry-After", value: String(seconds)) }
        if answer.status == 401 { headers.add(name: "WWW-Authenticate", value: "Basic realm=\"stand-in\"") }
        var response = LoopbackResponse.json(
            answer.json,
            status: HTTPResponseStatus(statusCode: answer.status),
            headers: headers
        )
        if case .delay(let duration) = action { response.delay = duration }
        return response
    }

    // MARK: - Checks

    private func denial(_ request: LoopbackRequest, _ target: StandInAPITarget) -> Answer? {
        if case .unknown = target { return self.refusal(404, 20404, "The requested resource was not found.") }
        let login = Data("\(self.accountSID):\(self.settings.apiToken)".utf8).base64EncodedString()
        guard request.headers.first(name: "Authorization") == "Basic \(login)" else {
            return self.refusal(401, 20003, "Authenticate")
        }
        guard target.accountSID == self.accountSID else {
            return self.refusal(401, 20003, "Authentication Error - invalid account")
        }
        let type = request.headers.first(name: "Content-Type") ?? ""
        if request.method == .POST, !type.hasPrefix("application/x-www-form-urlencoded") {
            return self.refusal(415, 20415, "The body must be application/x-www-form-urlencoded.")
        }
        return nil
    }

    private func refusal(_ status: Int, _ code: Int, _ message: String) -> Answer {
        let json: StandInJSON
        if self.settings.listsErrors {
            json = ["errors": [["code": .string(String(code)), "message": .string(message)]]]
        } else {
            json = [
                "code": StandInJSON(code), "message": .string(message),
                "more_info": .string("https://developer.signalwire.com/compatibility-api/error-codes#\(code)"),
                "status": StandInJSON(status),
            ]
        }
        return Answer(status: status, json: json, code: code)
    }

    // MARK: - Operations

    private func perform(
        _ operation: StandInAPIFault.Operation?,
        _ target: StandInAPITarget,
        _ form: FormFields
    ) -> Answer {
        switch (operation, target) {
        case (.create, _): return self.create(form)
        case (.list, _): return self.list(form)
        case (.fetch, .call(_, let callSID)):
            guard let call = self.call(callSID) else { break }
            return Answer(status: 200, json: CarrierCallJSON.json(call.record.current, accountSID: self.accountSID))
        case (.update, .call(_, let callSID)):
            guard let call = self.call(callSID) else { break }
            return self.update(call, form)
        case (nil, .account(let accountSID)):
            return Answer(
                status: 200,
                json: [
                    "sid": .string(accountSID), "friendly_name": "Stand-in", "status": "active", "type": "Full",
                    "date_created": .string(CarrierDates.rfc2822(Date())),
                ]
            )
        case (nil, .numbers):
            let own = self.carrier.settings.ownNumber
            let numbers: [StandInJSON] =
                form["PhoneNumber"].map { $0 == own } ?? true ? [["sid": "PN-1", "phone_number": .string(own)]] : []
            return Answer(status: 200, json: ["incoming_phone_numbers": .array(numbers), "page": 0, "page_size": 50])
        default: break
        }
        return self.refusal(404, 20404, "The requested resource was not found.")
    }

    private func call(_ callSID: String) -> CarrierCall? {
        self.carrier.calls.read { calls in calls.first { $0.record.read(\.callSID) == callSID } }
    }

    private func create(_ form: FormFields) -> Answer {
        let order: CarrierOrder
        do throws(CarrierOrderRules.Refusal) {
            order = try CarrierOrderRules.order(form, ownNumbers: [self.carrier.settings.ownNumber])
        } catch {
            return self.refusal(error.status, error.code, error.message)
        }
        let call = self.carrier.makeCall(for: order)
        // As the order was taken: what comes of it may begin at once.
        let json = CarrierCallJSON.json(call.record.current, accountSID: self.accountSID)
        guard case .enqueued = self.source.yield(Job(call: call, order: order, queueTime: self.queueTime())) else {
            return self.refusal(429, 20429, "Too many calls are waiting.")
        }
        return Answer(status: 201, json: json)
    }

    private func queueTime() -> Duration {
        guard let rate = self.settings.callsPerSecond else { return .zero }
        return self.nextStart.withLock { next in
            let now = ContinuousClock.now
            let start = max(now, next)
            next = start + .seconds(1 / rate)
            return now.duration(to: start)
        }
    }

    private func list(_ form: FormFields) -> Answer {
        // Dates are compared as far as they are given: by day, or to the second.
        let after = form["StartTime>"] ?? form["StartTime>="] ?? ""
        let size = min(max(form["PageSize"].flatMap(Int.init) ?? 50, 1), 1000)
        let records = self.carrier.calls.read { $0.map(\.record.current) }.reversed().filter { record in
            (form["To"].map { $0 == record.to } ?? true) && (form["From"].map { $0 == record.from } ?? true)
                && (form["Status"].map { $0 == record.status.shown } ?? true)
                && String(CarrierDates.iso8601(record.createdDate).prefix(after.count)) >= after
        }
        let page = records.prefix(size).map { CarrierCallJSON.json($0, accountSID: self.accountSID) }
        return Answer(
            status: 200,
            json: [
                "calls": .array(page), "page": 0, "page_size": StandInJSON(size), "next_page_uri": .null,
                "previous_page_uri": .null, "uri": "/",
            ]
        )
    }

    /// Redirects a live call, or ends it.
    private func update(_ call: CarrierCall, _ form: FormFields) -> Answer {
        let notLive = self.refusal(400, 21220, "Unable to update record. Call is not in-progress.")
        if let status = form["Status"] {
            let wasTaken: Bool = call.record.update { record in
                switch (status, record.status) {
                case ("canceled", .queued), ("canceled", .initiated), ("canceled", .ringing): break
                case ("completed", let now) where !now.isOver: break
                default: return false
                }
                record.command = .end
                return true
            }
            guard wasTaken else {
                if status == "completed" { return notLive }
                return self.refusal(400, 10000, "Status is not valid for this call.")
            }
        } else {
            let link: CarrierOrder.Link?
            do throws(CarrierOrderRules.Refusal) {
                link = try CarrierOrderRules.link(form, "Url", "Method")
            } catch {
                return self.refusal(error.status, error.code, error.message)
            }
            guard let link else { return self.refusal(400, 21205, "Url or Status is required.") }
            let wasTaken: Bool = call.record.update { record in
                guard record.status == .inProgress, record.end == nil, record.command != .end, !record.isHungUp else {
                    return false
                }
                record.command = .redirect(link)
                return true
            }
            guard wasTaken else { return notLive }
        }
        return Answer(status: 200, json: CarrierCallJSON.json(call.record.current, accountSID: self.accountSID))
    }
}
