import Tensors

/// `count` numbers that are uniform in ±`limit`, the same for the same seed.
package func randomValues(_ count: Int, seed: Int, limit: Float = 1) -> [Float] {
    var stream = CounterBasedRandom(seed: 2026).stream(.simulation, step: seed)
    return (0..<count).map { _ in (2 * stream.uniformFloat() - 1) * limit }
}

/// As doubles, without rounding.
package func doubles(_ values: [Float]) -> [Double] { values.map(Double.init) }

/// The same bits, not-a-number included.
package func sameBits(_ first: [Float], _ second: [Float]) -> Bool {
    first.map(\.bitPattern) == second.map(\.bitPattern)
}
