import CallActors
import GRDB

extension StoreError {
    /// Wraps what SQLite, or the reading of a row, threw: its code and SQLite's words for it, never a value.
    init(_ error: any Error) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError:
            let reason = Self.reason(error)
            switch error.resultCode {
            case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG, .SQLITE_ERROR, .SQLITE_RANGE, .SQLITE_AUTH:
                self = .refused(reason)
            default:
                self = .unavailable(reason)
            }
        default:
            self = .refused("a stored call cannot be read: \(type(of: error))")
        }
    }

    /// `SQLite 13: database or disk is full`; the message may name columns and files, never values.
    static func reason(_ error: DatabaseError) -> String {
        "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
    }
}
