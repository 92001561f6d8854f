/// What must be true of the caller's audio.
extension CallReview {
    /// Frames before a redirect of the call that need not arrive: the router may have taken its leave of the stream
    /// while the carrier still carries it, for half a second at most.
    private static let leaveTaking: UInt32 = 25

    /// Every frame reaches the model, once per session and in order.
    mutating func reviewCallerAudio() {
        var arrived: Set<UInt32> = []
        for connection in self.connections {
            var last: UInt32?
            var misplaced = 0
            for frame in connection.frames {
                guard let stamp = frame.stamp, stamp.source == self.call.number else {
                    misplaced += 1
                    continue
                }
                if let last, !self.mayFollow(last, stamp.sequence) { misplaced += 1 }
                last = stamp.sequence
                arrived.insert(stamp.sequence)
            }
            if misplaced > 0 {
                self.problems.append(
                    "\(misplaced) frames of the caller reached the voice model out of order, or changed"
                )
            }
        }
        // What was sent after the last frame that arrived was on its way when the model's session ended.
        guard let last = arrived.max() else { return }
        let sent = self.requiredFrames.joined().filter { $0 <= last }
        let missing = sent.filter { !arrived.contains($0) }.count
        if missing > 0 { self.problems.append("\(missing) frames of the caller never reached the voice model") }
    }

    /// The frames that a stream carried, without those just before a redirect.
    private var requiredFrames: [ClosedRange<UInt32>] {
        self.call.sentSequences.enumerated().compactMap { index, range in
            guard index < self.call.redirects.count else { return range }
            let end = range.upperBound - min(range.upperBound, Self.leaveTaking)
            return range.lowerBound <= end ? range.lowerBound...end : nil
        }
    }

    /// Whether one frame may come right after another: nothing that had to arrive lies between them.
    private func mayFollow(_ last: UInt32, _ next: UInt32) -> Bool {
        if next == last + 1 { return true }
        guard next > last else { return false }
        return !self.requiredFrames.contains { $0.overlaps(last + 1...next - 1) }
    }
}
