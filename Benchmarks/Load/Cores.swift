import CLoad
import Foundation

/// Who runs where: the target on the first cores, the generator on the others.
enum Cores {
    static var count: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Pins this thread beside a target of so many cores.
    ///
    /// - Returns: There is no core beside them, so that both share all of them.
    static func pinGenerator(targetCores: Int) -> Bool {
        let total = self.count
        let shares = targetCores >= total
        cload_pin(UInt32(shares ? 0 : targetCores), UInt32(shares ? total : total - targetCores))
        return shares
    }

    /// Lets this thread run anywhere.
    static func unpin() { cload_pin(0, UInt32(self.count)) }
}
