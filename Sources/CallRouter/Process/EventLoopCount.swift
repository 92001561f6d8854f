import CShims
import NIOCore

/// How many event loops a process runs: one for each core that it may use.
enum EventLoopCount {
    /// The cores that a control group grants (`System.coreCount`), and of them those that the process is not kept off.
    static var current: Int {
        #if os(Linux)
        min(System.coreCount, Int(cshims_usable_cpus()))
        #else
        System.coreCount
        #endif
    }
}
