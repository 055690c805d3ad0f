/// How the noise of neighbouring pixels of real sky goes together, measured over many pieces of it.
public struct NoiseCorrelation: Hashable, Sendable {
    /// The farthest that correlated pixels are apart along an axis.
    static let reach = 3
    private static let side = 2 * reach + 1
    /// (2 · reach + 1)² correlations, row by row; that of a pixel with itself is 1.
    private let values: [Float]

    /// Of independent pixels.
    static let none = NoiseCorrelation(values: (0..<side * side).map { $0 == side * side / 2 ? 1 : 0 })

    private init(values: [Float]) { self.values = values }

    /// The mean over pieces of the product of two pixels, over that of the squares.
    ///
    /// A plane was fitted to each piece of N pixels, which takes 3/N of Σ C, the noise's power at large scales, from the
    /// mean product at each lag: it is given back.
    ///
    /// - Parameter pieces: (height, width) each, less a plane, in σ, clipped so that stars count little.
    init(of pieces: some Sequence<Plane>) {
        var sums = [Double](repeating: 0, count: Self.side * Self.side), counts = sums
        var pixels = 0, number = 0
        for piece in pieces {
            pixels += piece.pixels.count
            number += 1
            // The correlation is symmetric: half of the lags do.
            for lag in (Self.side * Self.side / 2)..<(Self.side * Self.side) {
                let x = lag % Self.side - Self.reach, y = lag / Self.side - Self.reach
                for row in 0..<max(piece.height - y, 0) {
                    for column in max(-x, 0)..<max(min(piece.width, piece.width - x), max(-x, 0)) {
                        let pixel = row * piece.width + column
                        sums[lag] += Double(piece.pixels[pixel] * piece.pixels[pixel + y * piece.width + x])
                        counts[lag] += 1
                    }
                }
            }
        }
        let middle = Self.side * Self.side / 2
        guard counts[middle] > 0, sums[middle] > 0 else {
            self = .none
            return
        }
        let means = (0..<Self.side * Self.side).map { lag in
            let half = max(lag, 2 * middle - lag)
            return counts[half] > 0 ? sums[half] / counts[half] : 0
        }
        let fitted = 3 * Double(number) / Double(pixels)
        // In the smallest stamps the plane takes nearly all of it: no more than a factor of three is given back.
        let power = means.reduce(0, +) / max(1 - Double(means.count) * fitted, 1 / 3)
        let given = max(power, 0) * fitted
        values = means.map { Float(($0 + given) / (means[middle] + given)) }
    }

    /// Correlation of two pixels that are (x, y) apart.
    public func correlation(x: Int, y: Int) -> Float {
        guard abs(x) <= Self.reach, abs(y) <= Self.reach else { return 0 }
        return values[(y + Self.reach) * Self.side + x + Self.reach]
    }

    /// √(profileᵀ C profile) for the covariance C of noise of variance 1; at least half of what independent pixels would
    /// give, since a measured C need not be positive.
    func deviation(ofSumWeightedBy profile: Plane) -> Float {
        var variance: Float = 0, independent: Float = 0
        for row in 0..<profile.height {
            for column in 0..<profile.width {
                let value = profile.pixels[row * profile.width + column]
                guard value != 0 else { continue }
                independent += value * value
                for y in max(-Self.reach, -row)...min(Self.reach, profile.height - 1 - row) {
                    for x in max(-Self.reach, -column)...min(Self.reach, profile.width - 1 - column) {
                        variance +=
                            value * profile.pixels[(row + y) * profile.width + column + x]
                            * values[(y + Self.reach) * Self.side + x + Self.reach]
                    }
                }
            }
        }
        return max(variance, independent / 4).squareRoot()
    }
}
