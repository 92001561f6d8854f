import Foundation
import Synchronization

/// Which stream tokens have been used.
///
/// The accepted `start` uses a token up. Where no media came on that stream, the same token may attach once more within
/// ten seconds: a carrier whose socket failed at once tries again with the document that it has.
final class StreamTokenLedger: Sendable {
    private struct Use {
        var count: Int
        var usedAt: Date
        var hadMedia: Bool
        var expiresAt: Date
    }

    private static let secondChance: TimeInterval = 10
    private let uses = Mutex<[String: Use]>([:])

    /// The token may attach a stream now.
    func isUsable(_ tokenID: String, now: Date) -> Bool {
        self.uses.withLock { uses in
            guard let use = uses[tokenID] else { return true }
            return use.count == 1 && !use.hadMedia && now.timeIntervalSince(use.usedAt) <= Self.secondChance
        }
    }

    /// Uses the token up; false where it was used up already.
    func use(_ tokenID: String, expiresAt: Date, now: Date) -> Bool {
        self.uses.withLock { uses in
            uses = uses.filter { $0.value.expiresAt > now.addingTimeInterval(-Self.secondChance) }
            guard var use = uses[tokenID] else {
                uses[tokenID] = Use(count: 1, usedAt: now, hadMedia: false, expiresAt: expiresAt)
                return true
            }
            guard use.count == 1, !use.hadMedia, now.timeIntervalSince(use.usedAt) <= Self.secondChance else {
                return false
            }
            use.count += 1
            use.usedAt = now
            uses[tokenID] = use
            return true
        }
    }

    /// Media came on the stream that this token attached: there is no second chance.
    func sawMedia(_ tokenID: String) { self.uses.withLock { $0[tokenID]?.hadMedia = true } }
}
