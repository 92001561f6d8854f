/// Runs `body` for at most `timeout`, then cancels it and throws ``AnthropicError/timedOut``.
///
/// Returns only when `body` has returned, so it must give up promptly when it is cancelled. Cancelling the task that
/// waits here cancels `body` as well and throws ``AnthropicError/cancelled``.
func withAnthropicTimeout<Value: Sendable>(
    _ timeout: Duration,
    _ body: @escaping @Sendable () async throws(AnthropicError) -> Value
) async throws(AnthropicError) -> Value {
    let outcome = await withTaskGroup(of: Result<Value, AnthropicError>.self) { group in
        group.addTask {
            do throws(AnthropicError) { return .success(try await body()) } catch { return .failure(error) }
        }
        group.addTask {
            do {
                try await Task.sleep(for: timeout)
                return .failure(.timedOut)
            } catch {
                return .failure(.cancelled)
            }
        }
        defer { group.cancelAll() }
        return await group.next() ?? .failure(.cancelled)
    }
    return try outcome.get()
}
