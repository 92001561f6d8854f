import CallActors
import Foundation
import GRDB
import Logging

extension SQLiteStore {
    /// Does once what every call does here, and takes it back: statements are prepared and pages read before the first
    /// call comes.
    ///
    /// A database that cannot do it now says so when it matters.
    func rehearse() async {
        let callID = "rehearsal"
        let now = Date()
        let record = CallRecord(callID: callID, direction: .inbound, status: .ringing, createdAt: now)
        do throws(StoreError) {
            try await self.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    guard try !CallRow.exists(db, callID: callID) else { return .rollback }
                    try CallRow(record).insert(db)
                    if let stored = try CallRow.fetchOne(db, callID: callID) {
                        var row = stored
                        row.record.apply(Self.beginning(at: now))
                        _ = try row.updateChanges(db, from: stored)
                    }
                    let event = try StoreJSON.text(JournalEntry.Event.modelReady)
                    try Self.journalStatement(db).execute(
                        arguments: [Int64.max, callID, now.timeIntervalSinceReferenceDate, event]
                    )
                    return .rollback
                }
            }
            _ = try await self.call(id: callID)
        } catch {
            self.logger.debug("\(error)")
        }
    }
    private static func beginning(at date: Date) -> CallChange {
        var change = CallChange()
        change.status = .inProgress
        change.startedAt = date
        return change
    }
}
