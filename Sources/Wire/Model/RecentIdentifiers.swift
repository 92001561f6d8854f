/// The identifiers that a model's audio came with last: hundreds of messages in a row carry the same two, and each would
/// be a string of its own.
package struct RecentIdentifiers {
    private var responseID = ""
    private var itemID = ""

    package init() {}

    mutating func response(_ bytes: UnsafeRawBufferPointer) -> String { Self.recall(bytes, &self.responseID) }

    mutating func item(_ bytes: UnsafeRawBufferPointer) -> String { Self.recall(bytes, &self.itemID) }

    private static func recall(_ bytes: UnsafeRawBufferPointer, _ last: inout String) -> String {
        let isLast = last.utf8.withContiguousStorageIfAvailable { known in
            known.count == bytes.count && UnsafeRawBufferPointer(known).elementsEqual(bytes)
        }
        if isLast == true { return last }
        last = String(decoding: bytes, as: UTF8.self)
        return last
    }
}
