/// What a server sent that is no sound answer; nothing after it can be understood.
package enum RESPBreach: Error, Sendable, Equatable, CustomStringConvertible {
    /// A value begins with a byte that means nothing.
    case unknownType(UInt8)
    case badNumber
    /// A line or a bulk string does not end where it must.
    case badEnd
    /// Over a limit of ``RESPLimits``; which one.
    case tooLarge(String)

    package var description: String {
        switch self {
        case .unknownType(let byte): "a value of the unknown type \(byte)"
        case .badNumber: "a number that is none"
        case .badEnd: "a value that does not end where it must"
        case .tooLarge(let what): "an answer over the limit of \(what)"
        }
    }
}
