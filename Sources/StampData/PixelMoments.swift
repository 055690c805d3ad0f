import CKernels

/// Number and mean of some pixels, and the sum of the squares of their distances from it: numbers from which those of
/// more pixels follow without a loss of digits, whatever the sky's level is.
public struct PixelMoments: Hashable, Sendable, BitwiseCopyable {
    public private(set) var count: Double
    public private(set) var mean: Double
    public private(set) var squares: Double

    /// Those of no pixels.
    public init() { (count, mean, squares) = (0, 0, 0) }

    /// What was stored as three numbers.
    public init(count: Double, mean: Double, squares: Double) {
        (self.count, self.mean, self.squares) = (count, mean, squares)
    }

    /// Those of `count` ≥ 1 pixels; nil when one is not finite.
    init?(_ pixels: UnsafePointer<Double>, count: Int) {
        self.init()
        guard stamp_moments(pixels, count, &mean, &squares) else { return nil }
        self.count = Double(count)
    }

    /// Adds more pixels. The order decides the last bits.
    ///
    /// Source: T. F. Chan, G. H. Golub, R. J. LeVeque, *Algorithms for computing the sample variance*, 1983.
    public mutating func add(_ other: PixelMoments) {
        guard other.count > 0 else { return }
        let all = count + other.count, distance = other.mean - mean
        mean += distance * (other.count / all)
        squares += other.squares + distance * distance * (count * other.count / all)
        count = all
    }

    /// As `numpy.std`: that of the pixels themselves, not of what they are drawn from.
    public var standardDeviation: Double { (squares / count).squareRoot() }
}
