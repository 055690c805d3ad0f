import CKernels
import Tensors

/// The baseline of source detection: how closely the middle of a stamp resembles a point source of any usual width.
///
/// Pixels are standardised robustly, z = (x − median) / σ_G with σ_G = 0.7413 (p75 − p25), and summed with the weights
/// of a Gaussian g less its mean over the stamp, h = (g − ḡ) / ‖g − ḡ‖: in white noise the sum Σ h·z has variance 1,
/// and is the signal-to-noise ratio of a source of that shape above an unknown level. Light that covers the whole
/// stamp, such as the wings of a neighbour, counts little. The score is the largest sum over the widths of
/// ``fullWidthsHalfMaximum`` and the nine positions within one pixel of the centre. Compare G. L. Turin, *An
/// introduction to matched filters*, IRE Trans. 6, 311 (1960).
public struct MatchedFilter: Sendable {
    /// The widths that are tried, in pixels.
    public static let fullWidthsHalfMaximum = [1.5, 2, 2.5, 3, 4, 5, 6]

    private let height: Int
    private let width: Int
    /// One for each width.
    private let profiles: [Profile]

    /// A Gaussian as a column times a row, at three offsets each: (offset, pixel).
    private struct Profile {
        let rows: [Double]
        let columns: [Double]
        /// Each offset's sum along the axis.
        var rowSums: SIMD3<Double> { Self.sums(rows) }
        var columnSums: SIMD3<Double> { Self.sums(columns) }

        private static func sums(_ values: [Double]) -> SIMD3<Double> {
            let extent = values.count / 3
            func sum(_ offset: Int) -> Double { values[offset * extent..<(offset + 1) * extent].reduce(0, +) }
            return SIMD3(sum(0), sum(1), sum(2))
        }
    }

    /// - Parameters: height and width of the stamps in pixels.
    public init(height: Int, width: Int) {
        precondition(height > 0 && width > 0, "stamps of \(height)×\(width) pixels")
        self.height = height
        self.width = width
        profiles = Self.fullWidthsHalfMaximum.map { fullWidth in
            Profile(
                rows: Self.profile(fullWidth, extent: height), columns: Self.profile(fullWidth, extent: width))
        }
    }

    /// A Gaussian of unit norm around the centre − 1, the centre and the centre + 1 of an axis.
    private static func profile(_ fullWidth: Double, extent: Int) -> [Double] {
        // 8 ln 2: the square of a Gaussian's full width at half maximum over its σ.
        let doubleVariance = 2 * fullWidth * fullWidth / 5.545177444479562
        return [-1.0, 0, 1].flatMap { offset in
            let centre = Double(extent / 2) + offset
            let values = (0..<extent).map {
                portable_exp(-(Double($0) - centre) * (Double($0) - centre) / doubleVariance)
            }
            let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return values.map { $0 / norm }
        }
    }

    /// The score of a stamp of (height, width) pixels, row by row; 0 for one without information: its middle half is
    /// constant, or some pixels are not finite.
    public func score(_ pixels: UnsafePointer<Double>) -> Double {
        let count = height * width
        guard (0..<count).allSatisfy({ pixels[$0].isFinite }) else { return 0 }
        var quartiles = (0.0, 0.0, 0.0)
        withTemporaryMemory(of: Double.self, count: 2 * count) { scratch in
            withUnsafeMutableBytes(of: &quartiles) {
                stamp_quartiles(
                    pixels, count, scratch.baseAddress, $0.baseAddress!.assumingMemoryBound(to: Double.self))
            }
        }
        let spread = 0.7413 * (quartiles.2 - quartiles.0)
        guard spread > 0 else { return 0 }
        let best = profiles.map { largestSum($0, pixels, level: quartiles.1) }.max()! / spread
        return best.isFinite ? best : 0
    }

    /// The score of a stamp of (height, width) pixels.
    public func score(_ pixels: [Double]) -> Double {
        precondition(pixels.count == height * width, "\(pixels.count) pixels are not \(height)×\(width)")
        return pixels.withUnsafeBufferPointer { score($0.baseAddress!) }
    }

    /// The largest Σ h·(x − level) over the nine positions: along the rows first, then down the columns. With Σg² = 1,
    /// Σ h·x = (Σ g·x − ḡ Σ x) / √(1 − N ḡ²).
    private func largestSum(_ profile: Profile, _ pixels: UnsafePointer<Double>, level: Double) -> Double {
        profile.rows.withUnsafeBufferPointer { rows in
            profile.columns.withUnsafeBufferPointer { columns in
                var largest = -Double.infinity
                let count = Double(height * width)
                let total = (0..<height * width).reduce(0.0) { $0 + (pixels[$1] - level) }
                let (rowSums, columnSums) = (profile.rowSums, profile.columnSums)
                for columnOffset in 0..<3 {
                    let across = columns.baseAddress! + columnOffset * width
                    var sums = SIMD3<Double>.zero
                    for row in 0..<height {
                        var sum = 0.0
                        for column in 0..<width { sum += across[column] * (pixels[row * width + column] - level) }
                        sums += sum * SIMD3(rows[row], rows[height + row], rows[2 * height + row])
                    }
                    let means = rowSums * columnSums[columnOffset] / count
                    let norms = (1 - count * means * means).squareRoot()
                    largest = max(largest, ((sums - means * total) / norms).max())
                }
                return largest
            }
        }
    }
}
