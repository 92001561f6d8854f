/// A prompt template that cannot be read; found when the program starts, never during a call.
package struct PromptError: Error, Equatable, CustomStringConvertible {
    package let template: String
    package let reason: String

    package var description: String {
        "The prompt template \(self.template).mustache cannot be parsed (\(self.reason)). Mend its tags and build again."
    }
}
