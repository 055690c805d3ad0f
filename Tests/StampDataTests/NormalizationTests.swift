import CKernels
import Preparation
import StampData
import TestSupport
import Testing

@Suite struct NormalizationTests {
    static let cases =
        ["random", "skewed", "tied", "integer", "size25", "masked"]
        + [2, 3, 5, 6, 7, 8, 9, 16, 17, 30, 36, 49].map { "pixels\($0)" }

    /// The normalised stamp, or nil when it cannot be normalised.
    private func normalize(_ mode: Normalization, _ stamp: [Double]) -> [Float]? {
        var scratch = [Double](repeating: .nan, count: 2 * stamp.count)
        var output = [Float](repeating: .nan, count: stamp.count)
        return mode.apply(pixels: stamp, count: stamp.count, scratch: &scratch, into: &output) ? output : nil
    }

    private func quartiles(_ stamp: [Double]) -> [Double] {
        var scratch = [Double](repeating: .nan, count: 2 * stamp.count)
        var quartiles = [0.0, 0.0, 0.0]
        stamp_quartiles(stamp, stamp.count, &scratch, &quartiles)
        return quartiles
    }

    @Test(arguments: cases) func quartilesAreThoseOfNumpy(_ name: String) throws {
        let stamps = try ReferenceValues.doubles("numpy/normalise_\(name)_input")
        let expected = try ReferenceValues.doubles("numpy/normalise_\(name)_quartiles")
        let pixels = stamps.count / (expected.count / 3)
        for index in 0..<(expected.count / 3) {
            let stamp = Array(stamps[(index * pixels)..<((index + 1) * pixels)])
            // The same formula on the same doubles: equal to the last bit.
            #expect(quartiles(stamp) == Array(expected[(index * 3)..<(index * 3 + 3)]))
        }
    }

    static let percentile = Normalization.percentile(PercentileRange(low: 1, high: 97.5)!)

    @Test(arguments: cases, [Normalization.notebook, .mean, .robust, .asinh, .minmax, .l2, .zscore, percentile])
    func resultsAreThoseOfNumpy(_ name: String, _ mode: Normalization) throws {
        let stamps = try ReferenceValues.doubles("numpy/normalise_\(name)_input")
        let expected = try ReferenceValues.floats(
            "numpy/normalise_\(name)_\(mode == Self.percentile ? "percentile" : "\(mode)")")
        let count = try ReferenceValues.doubles("numpy/normalise_\(name)_quartiles").count / 3
        let pixels = stamps.count / count
        for index in 0..<count {
            let range = (index * pixels)..<((index + 1) * pixels)
            let output = try #require(normalize(mode, Array(stamps[range])))
            for (value, reference) in zip(output, expected[range]) {
                // Double sums in another order differ by 1e-15; rounding to float may then differ by one unit, 1.2e-7.
                // asinh itself is computed in single precision, to four roundings.
                #expect(abs(value - reference) <= (mode == .asinh ? 5e-7 : 1.2e-7) * abs(reference))
            }
        }
    }

    /// Quartiles by sorting: numpy's definition, written down plainly.
    private func sortedQuartiles(_ stamp: [Double]) -> [Double] {
        let sorted = stamp.sorted()
        return [0.25, 0.5, 0.75].map { fraction in
            let position = Double(stamp.count - 1) * fraction
            let low = sorted[Int(position)]
            let weight = position - position.rounded(.down)
            guard weight > 0 else { return low }
            let high = sorted[Int(position) + 1]
            return weight < 0.5 ? low + (high - low) * weight : high - (high - low) * (1 - weight)
        }
    }

    @Test func quartilesEqualThoseOfSortingForAnySize() {
        var random = SplitMix64(seed: 7)
        for count in Array(1...70) + [127, 128, 441, 625, 1000, 4096] {
            for levels: UInt64 in [1, 2, 3, 10, 1 << 40] {
                let stamp = (0..<count).map { _ in Double(random.next() % levels) - Double(levels / 2) }
                #expect(quartiles(stamp) == sortedQuartiles(stamp))
                #expect(quartiles(stamp.sorted()) == sortedQuartiles(stamp))
                #expect(quartiles(stamp.sorted(by: >)) == sortedQuartiles(stamp))
            }
        }
    }

    /// Stamps that try the search by counting: its guesses, and its keys in single precision, which hide differences.
    @Test(arguments: ["noise", "source", "outlier", "distant", "close", "steps", "large"])
    func quartilesEqualThoseOfSortingForAnyShape(_ shape: String) {
        var random = SplitMix64(seed: 5)
        func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }
        for count in Array(64...80) + [100, 441, 442, 443, 444, 1000] {
            for _ in 0..<10 {
                // Nearly normal, by the central limit.
                var stamp = (0..<count).map { _ in (0..<8).reduce(100) { sum, _ in sum + uniform() } }
                switch shape {
                case "source": for index in 0..<count / 6 { stamp[index * 3] += 1000 * uniform() }
                case "outlier": stamp[count / 2] = -1e30
                case "distant": stamp[0] = 1e12
                case "close": stamp = stamp.map { 1 + ($0 - 104) * 1e-15 }
                case "steps": stamp = stamp.map { ($0 * 4).rounded() }
                case "large": stamp = stamp.map { ($0 - 104) * 1e307 }
                default: break
                }
                #expect(quartiles(stamp) == sortedQuartiles(stamp))
            }
        }
    }

    /// The kernel's definition, written down plainly: 16 partial sums, pixel i in sum i mod 16, added pairwise.
    private func plainlyNormalized(_ mode: Normalization, _ stamp: [Double]) -> [Float]? {
        guard stamp.allSatisfy(\.isFinite) else { return nil }
        let quartiles = sortedQuartiles(stamp)
        let sigma = 0.7413 * (quartiles[2] - quartiles[0])
        let clipped = stamp.map { max($0, quartiles[1] - 2 * sigma) }
        let pixels = clipped.map { $0 - clipped.min()! }
        var sums = [Double](repeating: 0, count: 16)
        for (index, pixel) in pixels.enumerated() { sums[index % 16] += pixel }
        while sums.count > 1 { sums = (0..<(sums.count / 2)).map { sums[$0] + sums[$0 + sums.count / 2] } }
        let divisor = mode == .mean ? sums[0] / Double(stamp.count) : sums[0]
        return divisor > 0 && divisor.isFinite ? pixels.map { Float($0 / divisor) } : nil
    }

    @Test func bitsAreThoseOfThePlainDefinitionForAnySize() {
        var random = SplitMix64(seed: 3)
        for count in Array(1...70) + [441, 625, 1001] {
            for levels: UInt64 in [2, 5, 1 << 40] {
                let stamp = (0..<count).map { _ in Double(random.next() % levels) * 0.3 - 7 }
                for mode in [Normalization.notebook, .mean] {
                    #expect(normalize(mode, stamp) == plainlyNormalized(mode, stamp))
                }
            }
        }
    }

    @Test(arguments: [1, 5, 8, 15, 16, 17, 100, 441]) func noneOnlyRounds(_ count: Int) throws {
        let stamp = (0..<count).map { Double($0) * 0.1 - 3 }
        #expect(normalize(.none, stamp) == stamp.map { Float($0) })
        #expect(normalize(.none, [Double](repeating: 4, count: count)) != nil)
    }

    @Test(arguments: [1, 2, 7, 8, 9, 16, 441]) func constantStampsCannotBeNormalised(_ count: Int) {
        for value in [0.0, -7.5, 1e300] {
            let stamp = [Double](repeating: value, count: count)
            #expect(normalize(.notebook, stamp) == nil)
            for mode in [Normalization.mean, .robust, .asinh, .minmax, .zscore, Self.percentile] {
                #expect(normalize(mode, stamp) == nil)
            }
        }
    }

    @Test func aStampThatIsConstantOnceClippedCannotBeNormalised() {
        // Half of the pixels and more are equal, so that σ_G is zero, and the others are darker.
        let stamp = [Double](repeating: 5, count: 40) + [1, 2, 3]
        #expect(normalize(.notebook, stamp) == nil)
        #expect(normalize(.none, stamp) != nil)
    }

    @Test(arguments: [Double.nan, -.nan, .signalingNaN, .infinity, -.infinity], [3, 8, 16, 441])
    func pixelsThatAreNoNumbersAreFoundAnywhere(_ value: Double, _ count: Int) {
        for position in 0..<count {
            var stamp = (0..<count).map { Double($0 * $0 % 31) }
            stamp[position] = value
            for mode in Normalization.all {
                #expect(normalize(mode, stamp) == nil)
            }
        }
    }

    @Test func valuesBeyondSinglePrecisionAreOnlyBadWhereTheyStay() {
        let stamp = [1e39, 2e39, 3e39, 4e39, 5e39, 7e39]
        #expect(normalize(.none, stamp) == nil)
        #expect(normalize(.notebook, stamp) != nil)
    }

    @Test func extremeStampsAreRefusedOrFinite() {
        let limit = Double.greatestFiniteMagnitude
        let tiny = Double.leastNonzeroMagnitude
        let choices: [[Double]] = [
            [0, 1], [5, 5, 5, 5, 5, 6], [0, tiny], [0, 0, 0, tiny], [limit, -limit], [0, limit], [1, 2, 3, .nan],
            [0, 1e-300], [0, 1e-280, 1], [-1, 0, tiny], [1e308, 1e307, 0], [1, .infinity, 2], [1, 1.0.nextUp],
        ]
        var random = SplitMix64(seed: 11)
        for choice in choices {
            for count in [1, 2, 3, 4, 5, 8, 13, 16, 40, 441] {
                for _ in 0..<20 {
                    let stamp = (0..<count).map { _ in choice[Int(random.next() % UInt64(choice.count))] }
                    for mode in Normalization.all {
                        let output = normalize(mode, stamp)
                        let isFinite = stamp.allSatisfy(\.isFinite)
                        switch mode {
                        case .none: #expect((output != nil) == stamp.allSatisfy { Float($0).isFinite })
                        case .l2, .scale, .standard: #expect((output != nil) == isFinite)
                        case .zscore, .percentile: #expect(isFinite && Set(stamp).count > 1 || output == nil)
                        case .notebook, .mean: #expect((output != nil) == (plainlyNormalized(mode, stamp) != nil))
                        case .minmax:
                            let range = stamp.max()! - stamp.min()!
                            let isUsable = stamp.allSatisfy(\.isFinite) && range > 0 && range.isFinite
                            #expect((output != nil) == isUsable)
                        case .robust, .asinh:
                            let isHopeless = stamp.contains { !$0.isFinite } || Set(stamp).count == 1
                            #expect(!isHopeless || output == nil)
                        }
                        #expect(output?.allSatisfy(\.isFinite) ?? true)
                    }
                }
            }
        }
    }

    @Test(arguments: [Normalization.notebook, .mean, .robust, .asinh, .minmax, .zscore, percentile])
    func neitherLevelNorScaleMatter(_ mode: Normalization) throws {
        let stamp = try Array(ReferenceValues.doubles("numpy/normalise_random_input")[..<441])
        let output = try #require(normalize(mode, stamp))
        let largest = output.map(abs).max()!
        for (scale, level) in [(1.0, 700.0), (3, -200), (1e-3, 0), (1e6, -1e9)] {
            let other = try #require(normalize(mode, stamp.map { scale * $0 + level }))
            // Rounding scale · x + level to double costs 1e-13 of the sky's spread here, rounding to float 6e-8.
            for (one, another) in zip(output, other) { #expect(abs(one - another) <= 5e-7 * largest) }
        }
    }

    @Test func robustSkyHasMedianZeroAndSpreadOneAndIsClippedFarFromIt() throws {
        var stamp = try Array(ReferenceValues.doubles("numpy/normalise_random_input")[..<441])
        (stamp[0], stamp[440]) = (1e9, -1e9)
        let output = try #require(normalize(.robust, stamp))
        let quartiles = sortedQuartiles(output.map(Double.init))
        // One rounding to single precision of numbers below 1.
        #expect(abs(quartiles[1]) < 1e-7 && abs(0.7413 * (quartiles[2] - quartiles[0]) - 1) < 2e-7)
        #expect(output[0] == 20 && output[440] == -5)
        let grown = try #require(normalize(.asinh, stamp))
        #expect(grown[0] > 40 && grown[0] < 80 && grown[440] < -40)
    }

    @Test func normalisedPixelsSumToOneOrToTheirNumber() throws {
        let stamp = try Array(ReferenceValues.doubles("numpy/normalise_random_input")[..<441])
        let notebook = try #require(normalize(.notebook, stamp)).map(Double.init).reduce(0, +)
        let mean = try #require(normalize(.mean, stamp)).map(Double.init).reduce(0, +)
        // Rounding of 441 floats, each to 6e-8 of itself.
        #expect(abs(notebook - 1) < 1e-7 && abs(mean / 441 - 1) < 1e-7)
    }

    /// Numbers whose squares neither fit nor are lost.
    @Test(arguments: [1, 1e300, 1e-300, 1e-305]) func theNormIsFoundForAnySize(_ unit: Double) throws {
        let output = try #require(normalize(.l2, [3 * unit, 0, -4 * unit]))
        #expect(output[1] == 0)
        for (one, other) in zip(output, [0.6, 0, -0.8] as [Float]) { #expect(abs(one - other) <= 1e-7) }
    }

    @Test func zerosStayZeroByTheirNorm() { #expect(normalize(.l2, [0, 0, 0]) == [0, 0, 0]) }

    @Test func scalesAreAppliedAsTheyAreTold() {
        let stamp: [Double] = [0, 51, 255]
        #expect(normalize(.scale(LinearScaling(zero: 0, unit: 255)!), stamp) == [0, 0.2, 1])
        #expect(normalize(.scale(LinearScaling(zero: 255, unit: -51)!), stamp) == [5, 4, 0])
        #expect(normalize(.standard(StandardScaling(means: [51], deviations: [102])!), stamp) == [-0.5, 0, 2])
    }

    @Test func percentilesThatAreEqualCannotScale() {
        let stamp = [Double](repeating: 5, count: 99) + [6]
        #expect(normalize(.percentile(PercentileRange(low: 1, high: 50)!), stamp) == nil)
        #expect(normalize(.percentile(PercentileRange(low: 0, high: 100)!), stamp)?.last == 1)
    }

    @Test func percentilesAreThoseOfSorting() {
        var random = SplitMix64(seed: 23)
        for count in Array(1...40) + [441, 1000] {
            for levels: UInt64 in [1, 3, 1 << 40] {
                let stamp = (0..<count).map { _ in Double(random.next() % levels) }
                let sorted = stamp.sorted()
                for percent in [0, 0.5, 12.5, 50, 99, 99.9, 100] {
                    let place = percent / 100 * Double(count - 1)
                    let (low, weight) = (sorted[Int(place)], place - place.rounded(.down))
                    let distance = sorted[min(Int(place) + 1, count - 1)] - low
                    let expected = weight < 0.5 ? low + distance * weight : low + distance - distance * (1 - weight)
                    var scratch = [Double](repeating: .nan, count: 2 * count)
                    #expect(stamp_percentile(stamp, count, percent, &scratch) == expected)
                }
            }
        }
    }
}
