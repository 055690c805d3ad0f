/// A curve in a line of text.
enum Sparkline {
    private static let levels: [Character] = Array("▁▂▃▄▅▆▇█")

    /// Bars from the least value to the largest; what is not finite is a blank. Where there are more values than
    /// columns, each column is the mean of some.
    static func text(_ values: [Double], columns: Int) -> String {
        guard columns > 0, !values.isEmpty else { return "" }
        let count = min(columns, values.count)
        let means = (0..<count).map { column -> Double in
            let part = values[column * values.count / count..<(column + 1) * values.count / count].filter(\.isFinite)
            return part.isEmpty ? .nan : part.reduce(0, +) / Double(part.count)
        }
        let finite = means.filter(\.isFinite)
        guard let least = finite.min(), let most = finite.max() else { return String(repeating: " ", count: count) }
        return String(
            means.map { value -> Character in
                guard value.isFinite else { return " " }
                guard most > least else { return levels[0] }
                return levels[min(levels.count - 1, Int((value - least) / (most - least) * Double(levels.count)))]
            })
    }
}
