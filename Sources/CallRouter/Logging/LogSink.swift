import Foundation
import Synchronization

/// Writes finished log lines to a file descriptor on a thread of its own, so that no event loop waits for a slow pipe.
///
/// At most ``capacity`` lines wait; when the reader is slower than that, new lines are dropped, and their number is
/// logged as soon as there is room again.
package final class LogSink: Sendable {
    /// Lines that may wait; at some 200 bytes each, less than a megabyte.
    package static let capacity = 4096

    private struct State {
        var lines: [String] = []
        var droppedCount = 0
        var isWriting = false
        var isClosed = false
    }

    private let state: ConditionBox<State>
    private let descriptor: Int32
    private let lostLine: @Sendable (Int) -> String

    /// - Parameters:
    ///   - descriptor: Where the lines go; 2 is standard error.
    ///   - lostLine: Makes the line, with its newline, that tells how many lines were dropped.
    package init(descriptor: Int32, lostLine: @escaping @Sendable (Int) -> String) {
        self.descriptor = descriptor
        self.lostLine = lostLine
        self.state = ConditionBox(State())
        let state = self.state
        let thread = Thread { Self.write(state, to: descriptor, lostLine: lostLine) }
        thread.name = "log"
        thread.start()
    }

    deinit { self.state.change { $0.isClosed = true } }

    /// Queues one line, which ends in a newline; never waits for the descriptor.
    package func write(_ line: String) {
        self.state.change { state in
            guard state.lines.count < Self.capacity else {
                state.droppedCount += 1
                return
            }
            state.lines.append(line)
        }
    }

    /// Waits until everything that was queued is written, at most for `limit`.
    package func flush(limit: Duration = .seconds(1)) {
        self.state.wait(until: { $0.lines.isEmpty && !$0.isWriting && $0.droppedCount == 0 }, limit: limit)
    }

    private static func write(_ box: ConditionBox<State>, to descriptor: Int32, lostLine: (Int) -> String) {
        while true {
            var text = ""
            var isClosed = false
            box.wait(until: { !$0.lines.isEmpty || $0.isClosed }, limit: nil) { state in
                text = state.lines.joined()
                if state.droppedCount > 0 { text += lostLine(state.droppedCount) }
                isClosed = state.isClosed && state.lines.isEmpty
                state.lines.removeAll(keepingCapacity: true)
                state.droppedCount = 0
                state.isWriting = true
            }
            if isClosed { return }
            Self.writeAll(text, to: descriptor)
            box.change { $0.isWriting = false }
        }
    }

    private static func writeAll(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                } else if count < 0, errno != EINTR, errno != EAGAIN {
                    return  // Nobody reads the log any more.
                }
            }
        }
    }
}
