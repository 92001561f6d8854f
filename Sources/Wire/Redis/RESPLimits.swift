/// How much of a server's answer is taken before the connection is given up.
package struct RESPLimits: Sendable {
    /// Of one status, error or length, without its end.
    package var lineByteCount = 64 * 1024
    /// Of one bulk string; a job with a long prompt stays far below.
    package var bulkByteCount = 16 * 1024 * 1024
    /// Of all strings of one answer.
    package var valueByteCount = 64 * 1024 * 1024
    /// Of all values of one answer, those inside arrays counted too.
    package var valueCount = 1_000_000
    /// Arrays inside arrays.
    package var depth = 8

    package init() {}
}
