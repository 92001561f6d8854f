/// The path of `PUBLIC_URL`, for a router that a reverse proxy serves below one.
///
/// Proxies pass it on or take it off, so every route answers with and without it.
package struct PathPrefix: Sendable, Equatable {
    /// Empty, or with a leading and without a trailing slash.
    package let path: String

    /// - Parameter path: The path of a URL; `/` and the empty path mean that there is no prefix.
    package init(_ path: String) {
        var path = Substring(path)
        while path.last == "/" { path.removeLast() }
        self.path = path.isEmpty || path.first == "/" ? String(path) : "/" + path
    }

    /// Takes the prefix off a request target; a target without it is returned as it is.
    package func strip(_ target: String) -> String {
        guard !self.path.isEmpty, target.hasPrefix(self.path) else { return target }
        let rest = target.dropFirst(self.path.count)
        switch rest.first {
        case nil: return "/"
        case "/": return String(rest)
        case "?", "#": return "/" + rest
        default: return target  // Only looks alike: `/routers` with the prefix `/router`.
        }
    }
}
