import NIOCore
import Synchronization
import Wire

/// Gives out the event loops of a group in turn.
final class LoopRotation: Sendable {
    private let loops: [CallLoop]
    private let count = Atomic(0)

    init(_ group: any EventLoopGroup) { self.loops = group.makeIterator().map(CallLoop.init) }

    func next() -> CallLoop {
        let index = self.count.wrappingAdd(1, ordering: .relaxed).oldValue
        return self.loops[index % self.loops.count]
    }
}
