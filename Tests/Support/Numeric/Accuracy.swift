/// A sum of products in double precision, and the sum of their magnitudes, by which a rounded sum is judged.
package struct ExactSum {
    package private(set) var value = 0.0
    private var magnitude = 0.0
    private var terms = 0

    package init() {}

    package mutating func add(_ term: Double) {
        value += term
        magnitude += abs(term)
        terms += 1
    }

    /// The most by which the sum may be wrong in single precision, in whatever order its terms are added:
    /// (terms + 2)·2⁻²⁴·Σ|term|.
    /// Source: N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, section 3.1.
    package var singlePrecisionError: Double { Double(terms + 2) * 0x1p-24 * magnitude }

    /// The sum behind a rectifier, which makes errors no larger.
    package func rectified(_ isRectified: Bool) -> ExactSum {
        var sum = self
        if isRectified { sum.value = max(value, 0) }
        return sum
    }
}

/// Whether each value is the sum of its place up to the rounding that any order of summation may cause.
package func agree(_ values: [Float], _ sums: [ExactSum]) -> Bool {
    values.count == sums.count
        && zip(values, sums).allSatisfy { abs(Double($0) - $1.value) <= $1.singlePrecisionError }
}

/// max |a − b| / max |b|: the deviation of single-precision results as a share of the largest; infinite for
/// not-a-number.
package func deviation(_ values: [Float], from expected: [Double]) -> Double {
    guard values.count == expected.count else { return .infinity }
    var worst = 0.0
    var largest = 0.0
    for (value, reference) in zip(values, expected) {
        let difference = abs(Double(value) - reference)
        worst = difference.isNaN ? .infinity : max(worst, difference)
        largest = max(largest, abs(reference))
    }
    return worst == 0 ? 0 : worst / (largest == 0 ? 1 : largest)
}
