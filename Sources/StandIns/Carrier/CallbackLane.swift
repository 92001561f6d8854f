/// The callbacks of one call on their way to the router: in order, beside the call itself, and some of them late.
///
/// Nobody waits for them: a callback may arrive before or after the document that belongs to it is fetched.
final class CallbackLane: Sendable {
    /// One callback: `post` delivers it.
    struct Item: Sendable {
        var delay: Duration
        var post: @Sendable () async -> Void
    }

    private let items: AsyncStream<Item>
    private let source: AsyncStream<Item>.Continuation

    init() {
        // A call has about a dozen callbacks in its life; more than the bound are lost, as callbacks may be.
        (self.items, self.source) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(256))
    }

    func add(after delay: Duration, _ post: @escaping @Sendable () async -> Void) {
        self.source.yield(Item(delay: delay, post: post))
    }

    /// Nothing more is added.
    func finish() { self.source.finish() }

    /// Delivers until ``finish()`` and until the last late one is out.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await item in self.items {
                guard item.delay > .zero else {
                    await item.post()
                    continue
                }
                group.addTask {
                    // A carrier that is stopped has no late callbacks any more.
                    do { try await Task.sleep(for: item.delay) } catch { return }
                    await item.post()
                }
            }
        }
    }
}
