import NIOCore

/// One command as it is sent: an array of bulk strings.
enum RESPCommand {
    /// Appends the bytes of a command.
    static func write(_ words: [String], to buffer: inout ByteBuffer) {
        buffer.writeString("*\(words.count)\r\n")
        for word in words {
            buffer.writeString("$\(word.utf8.count)\r\n")
            buffer.writeString(word)
            buffer.writeStaticString("\r\n")
        }
    }
}
