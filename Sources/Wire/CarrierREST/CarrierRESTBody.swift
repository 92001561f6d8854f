import NIOCore
import Synchronization

/// The body of a request that knows whether it was ever asked for.
///
/// The HTTP client asks for it when the connection stands and the head is written: as long as it has not, the server
/// cannot have the request.
struct CarrierRESTBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    fileprivate final class Flag: Sendable {
        let isRaised = Atomic<Bool>(false)
    }

    let bytes: ByteBuffer
    fileprivate let flag = Flag()

    init(_ text: String) { self.bytes = ByteBuffer(string: text) }

    /// The request has left, at least in part.
    var wasSent: Bool { self.flag.isRaised.load(ordering: .acquiring) }

    func makeAsyncIterator() -> Iterator { Iterator(bytes: self.bytes, flag: self.flag) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var bytes: ByteBuffer?
        fileprivate let flag: Flag

        mutating func next() -> ByteBuffer? {
            self.flag.isRaised.store(true, ordering: .releasing)
            defer { self.bytes = nil }
            return self.bytes
        }
    }
}
