import HTTPTypes
import Hummingbird

/// Answers the methods that a path of `/v1` does not have: 405, with those that it has (RFC 9110 §15.5.6).
enum MethodRefusals {
    static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]

    /// Adds a refusal for each path among `routes`, which are those of `group` with its `prefix` before them.
    static func add(
        for routes: [Router<RouterRequestContext>.RouteDescription],
        below prefix: String,
        to group: RouterGroup<RouterRequestContext>
    ) {
        let paths = Dictionary(grouping: routes.filter { $0.path.description.hasPrefix(prefix) }) {
            $0.path.description
        }
        for (path, routes) in paths {
            var allowed = Set(routes.map(\.method))
            // HEAD comes with GET.
            if allowed.contains(.get) { allowed.insert(.head) }
            let names = Self.methods.filter(allowed.contains).map(\.rawValue).joined(separator: ", ")
            for method in Self.methods where !allowed.contains(method) {
                group.on(RouterPath(String(path.dropFirst(prefix.count))), method: method) { _, _ -> Response in
                    throw APIError(
                        .methodNotAllowed,
                        code: "method_not_allowed",
                        message: "This address takes \(names).",
                        headers: [.allow: names]
                    )
                }
            }
        }
    }
}
