import Faults
import Tensors

/// The random cut of a data set into training, validation and test stamps. The parts never overlap and are everything.
public struct DataSplit: Sendable {
    public let training: [Int]
    public let validation: [Int]
    public let test: [Int]

    /// Cuts `stamps` in a random order drawn from the seed.
    ///
    /// The parts end at ⌊n·f₁⌋, ⌊n·(f₁ + f₂)⌋ and n, so 109,523 stamps in 0.7, 0.1, 0.2 are 76,666, 10,952 and 21,905
    /// (astroML's `split_samples`).
    public init(_ stamps: [Int], fractions: SplitFractions, seed: UInt64) {
        var shuffled = stamps
        var stream = CounterBasedRandom(seed: seed).stream(.split)
        stream.shuffle(&shuffled)
        let first = fractions.end(of: fractions.training, count: stamps.count)
        let second = fractions.end(of: fractions.training + fractions.validation, count: stamps.count)
        training = Array(shuffled[..<first])
        validation = Array(shuffled[first..<second])
        test = Array(shuffled[second...])
    }
}

/// The shares of training, validation and test stamps; their sum is 1.
public struct SplitFractions: Hashable, Sendable, Codable {
    public let training: Double
    public let validation: Double
    public let test: Double

    /// The notebook's: 0.7, 0.1 and 0.2.
    public static let standard = try! SplitFractions(0.7, 0.1, 0.2)

    /// How much their sum may differ from 1: thirds with six decimals do.
    private static let tolerance = 2e-6

    /// - Throws: `Fault` if a share is negative or not a number, nothing is left to train on, or they do not add up to
    ///   1.
    public init(_ training: Double, _ validation: Double, _ test: Double) throws {
        let sum = training + validation + test
        guard training > 0, validation >= 0, test >= 0, sum.isFinite else {
            throw Fault(
                .usage, "--split \(training),\(validation),\(test)", "shares must not be negative, nor the first zero",
                remedy: "give three shares such as 0.7,0.1,0.2")
        }
        guard abs(sum - 1) <= Self.tolerance else {
            throw Fault(
                .usage, "--split \(training),\(validation),\(test)", "shares must add up to 1, not \(Float(sum))",
                remedy: "give three shares such as 0.7,0.1,0.2")
        }
        self.training = training / sum
        self.validation = validation / sum
        self.test = test / sum
    }

    /// ⌊count·share⌋, without the rounding errors of shares such as 0.7 + 0.1 and 0.7 + 0.3.
    fileprivate func end(of share: Double, count: Int) -> Int {
        min(count, Int((Double(count) * share + 1e-9 * Double(max(count, 1))).rounded(.down)))
    }
}

extension SplitFractions: CustomStringConvertible {
    /// As on the command line: `0.7,0.1,0.2`.
    public var description: String { "\(training),\(validation),\(test)" }
}
