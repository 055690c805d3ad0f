import CKernels
import Tensors

/// Tells whether the files of the two classes were exchanged: whether the centres of the "noise" are systematically
/// brighter than those of the "sources".
///
/// The measure of a stamp is its centre's excess, (mean of the central 3×3 pixels − median) / σ_G with
/// σ_G = 0.7413 (p75 − p25); neither level nor scale matter, so raw and normalised stamps serve alike.
/// The two classes are compared by ranks (Mann and Whitney, 1947; ties as midranks), which outliers do not sway.
public struct SwappedClassCheck: Sendable {
    /// What the stamps seen so far say.
    public enum Finding: Hashable, Sendable {
        /// The sources are brighter at the centre, or nothing certain can be said.
        case plausible
        /// The noise is: it is the brighter one in the share `noiseBrighter` of all pairs of a source and a noise
        /// stamp, `significance` standard deviations from a half.
        case swapped(noiseBrighter: Double, significance: Double)
    }

    /// Standard deviations from chance below which the check stays silent: no small set fires by accident.
    public static let leastSignificance = 5.0
    /// The share of pairs with the brighter noise below which the check stays silent: in a large set a negligible
    /// difference is significant too.
    public static let leastShare = 0.6

    private let height: Int
    private let width: Int
    private var sources: [Double] = []
    private var noise: [Double] = []

    /// - Parameters: height and width of the stamps in pixels.
    public init(height: Int, width: Int) {
        precondition(height > 0 && width > 0, "stamps of \(height)×\(width) pixels")
        self.height = height
        self.width = width
    }

    /// The stamps to look at among `count`: at most `limit`, evenly spaced.
    public static func indices(among count: Int, limit: Int = 1000) -> [Int] {
        precondition(limit > 0, "a sample of \(limit) stamps")
        return count <= limit ? Array(0..<max(count, 0)) : (0..<limit).map { $0 * count / limit }
    }

    /// Adds a stamp of (height, width) pixels, row by row; one whose centre says nothing is left out.
    public mutating func add(_ pixels: UnsafeBufferPointer<Double>, isSource: Bool) {
        precondition(pixels.count == height * width, "\(pixels.count) pixels are not \(height)×\(width)")
        guard let excess = Self.centreExcess(pixels.baseAddress!, height: height, width: width) else { return }
        add(centreExcess: excess, isSource: isSource)
    }

    /// Adds a stamp of (height, width) pixels.
    public mutating func add(_ pixels: [Double], isSource: Bool) {
        pixels.withUnsafeBufferPointer { add($0, isSource: isSource) }
    }

    /// Adds a stamp by its measure.
    public mutating func add(centreExcess: Double, isSource: Bool) {
        if isSource { sources.append(centreExcess) } else { noise.append(centreExcess) }
    }

    /// The measure of a stamp of (height, width) pixels; nil when it is constant in its middle half or has pixels that
    /// are not finite.
    public static func centreExcess(_ pixels: UnsafePointer<Double>, height: Int, width: Int) -> Double? {
        let count = height * width
        guard (0..<count).allSatisfy({ pixels[$0].isFinite }) else { return nil }
        let rows = max(height / 2 - 1, 0)...min(height / 2 + 1, height - 1)
        let columns = max(width / 2 - 1, 0)...min(width / 2 + 1, width - 1)
        var sum = 0.0
        for row in rows {
            for column in columns { sum += pixels[row * width + column] }
        }
        var quartiles = (0.0, 0.0, 0.0)
        withTemporaryMemory(of: Double.self, count: 2 * count) { scratch in
            withUnsafeMutableBytes(of: &quartiles) {
                stamp_quartiles(
                    pixels, count, scratch.baseAddress, $0.baseAddress!.assumingMemoryBound(to: Double.self))
            }
        }
        let spread = 0.7413 * (quartiles.2 - quartiles.0)
        guard spread > 0 else { return nil }
        let excess = (sum / Double(rows.count * columns.count) - quartiles.1) / spread
        return excess.isFinite ? excess : nil
    }

    /// What the stamps added so far say.
    public var finding: Finding {
        guard !sources.isEmpty, !noise.isEmpty else { return .plausible }
        let pairs = Double(sources.count) * Double(noise.count)
        let (statistic, deviation) = mannWhitney()
        guard deviation > 0 else { return .plausible }
        let share = statistic / pairs, significance = (statistic - pairs / 2) / deviation
        guard significance >= Self.leastSignificance, share >= Self.leastShare else { return .plausible }
        return .swapped(noiseBrighter: share, significance: significance)
    }

    /// U, the number of pairs of which the noise is brighter (ties count a half), and its standard deviation if both
    /// classes came from one distribution.
    private func mannWhitney() -> (statistic: Double, deviation: Double) {
        let ranked = (sources.map { ($0, false) } + noise.map { ($0, true) }).sorted { $0.0 < $1.0 }
        var rankSum = 0.0, ties = 0.0
        var start = 0
        while start < ranked.count {
            var end = start
            while end < ranked.count, ranked[end].0 == ranked[start].0 { end += 1 }
            let size = Double(end - start)
            ties += size * size * size - size
            let midrank = Double(start + 1 + end) / 2
            rankSum += midrank * Double(ranked[start..<end].count { $0.1 })
            start = end
        }
        let m = Double(noise.count), n = Double(sources.count), all = m + n
        let variance = m * n / 12 * (all + 1 - ties / (all * max(all - 1, 1)))
        return (rankSum - m * (m + 1) / 2, max(variance, 0).squareRoot())
    }
}
