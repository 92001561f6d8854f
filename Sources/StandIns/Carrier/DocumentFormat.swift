/// The language of a call's documents; it also says how they are asked for.
package enum DocumentFormat: Sendable, Equatable {
    /// XML, asked for with a form.
    case laml
    /// JSON, asked for with a JSON body.
    case swml

    /// What the `Content-Type` of an answer says; nil for anything else.
    init?(contentType: String?) {
        let type = contentType?.split(separator: ";").first.map { $0.lowercased() } ?? ""
        switch type {
        case "text/xml", "application/xml": self = .laml
        case "application/json": self = .swml
        default: return nil
        }
    }
}
