import NumericTestSupport

/// The derivatives of `function` at `point` by central differences in double precision, along some of the axes.
///
/// With steps of 10⁻⁵ and values of order one, rounding costs 10⁻¹⁶/10⁻⁵ and the third derivative 10⁻¹⁰: both are far
/// below the single precision of the gradients that are compared with it.
func finiteDifferences(at point: [Double], along axes: [Int], of function: ([Double]) -> Double) -> [Double] {
    let step = 1e-5
    var moved = point
    return axes.map { axis in
        moved[axis] = point[axis] + step
        let above = function(moved)
        moved[axis] = point[axis] - step
        let below = function(moved)
        moved[axis] = point[axis]
        return (above - below) / (2 * step)
    }
}

/// At most `limit` of `count` axes, spread evenly from the first to the last.
func someAxes(of count: Int, limit: Int) -> [Int] {
    guard count > limit else { return Array(0..<count) }
    return (0..<limit).map { $0 * (count - 1) / (limit - 1) }
}

/// Whether `gradient` agrees with finite differences of `function` along up to 60 axes.
///
/// The tolerance is 10⁻⁴ of the largest component: single precision, 6·10⁻⁸, times up to a thousand terms a component.
func agreesWithFiniteDifferences(
    _ gradient: [Float], at point: [Float], of function: ([Double]) -> Double, limit: Int = 60
) -> Bool {
    guard gradient.count == point.count else { return false }
    let axes = someAxes(of: point.count, limit: limit)
    let differences = finiteDifferences(at: doubles(point), along: axes, of: function)
    return deviation(axes.map { gradient[$0] }, from: differences) <= 1e-4
}

/// Σ weights·values: the scalar whose gradient with respect to `values` is `weights`.
func inner(_ weights: [Float], _ values: [Double]) -> Double {
    zip(weights, values).reduce(0) { $0 + Double($1.0) * $1.1 }
}
