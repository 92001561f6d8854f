/// What one operation costs.
struct MicroResult: Encodable {
    var name: String
    /// Of the batches; nil where time is not measured.
    var medianNanoseconds: Double?
    /// Of the batch that was least disturbed by whatever else the machine does.
    var bestNanoseconds: Double?
    /// How often memory was asked for, and how much of it.
    var allocations: Double
    var bytes: Double
    /// The most allocations that it may make.
    var allowed: Double

    enum CodingKeys: String, CodingKey {
        case name, allocations, bytes, allowed
        case medianNanoseconds = "median_ns"
        case bestNanoseconds = "best_ns"
    }

    /// It allocates more than it may; what happens once in many runs, such as the growth of a buffer, does not count.
    var isOver: Bool { self.allocations > self.allowed + 0.05 }
}
