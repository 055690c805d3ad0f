/// Fewer points for a long curve.
enum CurveThinning {
    /// The most points that a curve is drawn with: more than a picture has pixels across.
    static let mostPoints = 2000

    /// Which points of a curve to draw: all, or `most`, its ends among them: a quarter of them at its beginning, where
    /// a logarithmic axis shows every one, and the others evenly along the rest.
    static func indices(_ x: [Double], _ y: [Double], most: Int = mostPoints) -> [Int] {
        guard x.count > most else { return Array(x.indices) }
        let first = most / 4
        var lengths = [Double](repeating: 0, count: first)
        for index in first..<x.count {
            lengths.append(lengths[index - 1] + abs(x[index] - x[index - 1]) + abs(y[index] - y[index - 1]))
        }
        let step = lengths[x.count - 1] / Double(most - first)
        var chosen = Array(0..<first)
        var next = step
        for index in first..<x.count - 1 where lengths[index] >= next {
            chosen.append(index)
            next = max(next + step, lengths[index])
        }
        return chosen + [x.count - 1]
    }
}
