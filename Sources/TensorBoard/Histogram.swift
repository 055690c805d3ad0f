/// The distribution of values, in buckets of equal width from the least to the greatest, as `tf.summary.histogram`
/// makes them.
public struct Histogram: Hashable, Sendable {
    /// 0 if there are no values.
    public let minimum: Double
    public let maximum: Double
    public let count: Int
    public let sum: Double
    public let sumOfSquares: Double
    /// The upper edge of each bucket; a bucket holds what is below its edge, the last one its edge too.
    public let upperEdges: [Double]
    /// How many values are in each bucket.
    public let counts: [Int]

    /// Counts the finite values; if they are all equal, in one bucket.
    ///
    /// - Parameter buckets: how many buckets; 30 is TensorBoard's own choice.
    public init(of values: UnsafeBufferPointer<Float>, buckets: Int = 30) {
        precondition(buckets > 0, "a histogram needs a bucket")
        var (minimum, maximum) = (Double.infinity, -Double.infinity)
        var (count, sum, sumOfSquares) = (0, 0.0, 0.0)
        for value in values where value.isFinite {
            let value = Double(value)
            minimum = min(minimum, value)
            maximum = max(maximum, value)
            sum += value
            sumOfSquares += value * value
            count += 1
        }
        (self.count, self.sum, self.sumOfSquares) = (count, sum, sumOfSquares)
        self.minimum = count == 0 ? 0 : minimum
        self.maximum = count == 0 ? 0 : maximum
        guard count > 0, minimum < maximum else {
            upperEdges = count == 0 ? [] : [maximum]
            counts = count == 0 ? [] : [count]
            return
        }
        let width = (maximum - minimum) / Double(buckets)
        var counts = [Int](repeating: 0, count: buckets)
        for value in values where value.isFinite {
            counts[min(buckets - 1, Int((Double(value) - minimum) / width))] += 1
        }
        self.counts = counts
        upperEdges = (1...buckets).map { $0 == buckets ? maximum : minimum + Double($0) * width }
    }

    /// The same of an array.
    public init(of values: [Float], buckets: Int = 30) {
        self = values.withUnsafeBufferPointer { Histogram(of: $0, buckets: buckets) }
    }
}
