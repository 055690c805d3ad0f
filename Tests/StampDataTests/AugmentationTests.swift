import CKernels
import Preparation
import StampData
import Tensors
import TestSupport
import Testing

/// The kernels of augmentation against numpy, and what becomes of stamps against the laws that it promises.
@Suite struct AugmentationTests {
    struct Size: CustomTestStringConvertible, Sendable {
        let height: Int
        let width: Int
        var count: Int { height * width }
        var testDescription: String { "\(height)x\(width)" }
    }

    static let sizes = [(21, 21), (5, 5), (4, 7), (17, 33), (1, 20), (20, 1)].map { Size(height: $0.0, width: $0.1) }

    private func shifted(_ stamp: [Float], _ size: Size, rows: Float, columns: Float) -> [Float] {
        var scratch = [Float](repeating: .nan, count: stamp_shift_scratch(size.height, size.width))
        var output = [Float](repeating: .nan, count: size.count)
        stamp_shift(stamp, size.height, size.width, rows, columns, &scratch, &output)
        return output
    }

    // MARK: Kernels

    @Test(arguments: sizes) func symmetriesAreThoseOfNumpy(_ size: Size) throws {
        let stamp = try ReferenceValues.floats("numpy/augment_\(size.testDescription)")
        let expected = try ReferenceValues.floats("numpy/augment_\(size.testDescription)_symmetries")
        #expect(expected.count == (size.height == size.width ? 8 : 4) * size.count)
        for symmetry in 0..<expected.count / size.count {
            var output = [Float](repeating: .nan, count: size.count)
            stamp_symmetry(stamp, size.height, size.width, UInt32(symmetry), &output)
            #expect(output == Array(expected[symmetry * size.count..<(symmetry + 1) * size.count]))
        }
    }

    @Test(arguments: sizes) func shiftsAreThoseOfNumpy(_ size: Size) throws {
        let stamp = try ReferenceValues.floats("numpy/augment_\(size.testDescription)")
        let expected = try ReferenceValues.floats("numpy/augment_\(size.testDescription)_shifts")
        for (index, shift) in [(0.25, -0.4), (-0.5, 0.5), (1.7, -3.2), (-6, 30.5)].enumerated() {
            let output = shifted(stamp, size, rows: Float(shift.0), columns: Float(shift.1))
            for (value, reference) in zip(output, expected[index * size.count..<(index + 1) * size.count]) {
                // Pixels up to 4, weights from single-precision shifts up to 30 (2e-6).
                #expect(abs(value - reference) < 2e-5)
            }
        }
    }

    @Test(arguments: sizes) func contrastIsThatOfNumpy(_ size: Size) throws {
        var stamp = try ReferenceValues.floats("numpy/augment_\(size.testDescription)")
        let expected = try ReferenceValues.floats("numpy/augment_\(size.testDescription)_contrast")
        stamp_contrast(&stamp, size.count, 1.3)
        // A few roundings of pixels up to 4.
        for (value, reference) in zip(stamp, expected) { #expect(abs(value - reference) < 1e-6) }
    }

    @Test func aShiftedStarLooksAsIfItHadStoodThere() {
        let size = Size(height: 21, width: 21)
        func star(_ y: Double, _ x: Double) -> [Float] {
            (0..<size.count).map { pixel in
                let (dy, dx) = (Double(pixel / 21) - y, Double(pixel % 21) - x)
                return Float(gaussian((dy * dy + dx * dx) / 8))
            }
        }
        for (rows, columns) in [(0.5, 0.5), (-0.3, 0.1), (1.25, -2.5)] {
            let output = shifted(star(10, 10), size, rows: Float(rows), columns: Float(columns))
            // σ = 2 pixels: the cubic's error, of third order in the spacing, is below 1 % of the peak.
            for (one, other) in zip(output, star(10 + rows, 10 + columns)) { #expect(abs(one - other) < 0.01) }
        }
    }

    /// exp(−t) by squaring, for tests without the C library.
    private func gaussian(_ t: Double) -> Double {
        var power = 1 - t / 1_048_576
        for _ in 0..<20 { power *= power }
        return max(power, 0)
    }

    // MARK: Choices

    private func augmenter(
        _ augmentation: Augmentation, _ normalization: Normalization = .robust, seed: UInt64 = 3, height: Int = 21,
        width: Int = 21
    ) -> StampAugmenter {
        StampAugmenter(augmentation, StampReader(.blank(height: height, width: width), normalization), seed: seed)
    }

    @Test(arguments: [(21, 8), (20, 4)]) func everySymmetryThatFitsIsAsFrequent(width: Int, kinds: Int) {
        let augmenter = augmenter(Augmentation(symmetries: true), width: width)
        var counts = [Int](repeating: 0, count: 8)
        for number in 0..<8000 { counts[Int(augmenter.choice(number: number, epoch: 2).symmetry)] += 1 }
        let expected = 8000 / Double(kinds)
        // Five standard deviations of a binomial count.
        for kind in 0..<kinds { #expect(abs(Double(counts[kind]) - expected) < 5 * expected.squareRoot()) }
        #expect(counts[kinds...].reduce(0, +) == 0)
    }

    @Test func choicesAreUniformWithinTheirStrengths() {
        let augmenter = augmenter(Augmentation(shift: 2, noise: 3, contrast: 0.4))
        let choices = (0..<20_000).map { augmenter.choice(number: $0, epoch: 1) }
        let shifts = choices.compactMap(\.shift)
        func mean(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } / Double(values.count) }
        // Five standard deviations: of a binomial, and of means of uniform numbers.
        #expect(abs(shifts.count - 10_000) < 354)
        let areWithin = shifts.allSatisfy { abs($0.x) <= 2 && abs($0.y) <= 2 }
        #expect(areWithin)
        let (down, across) = (mean(shifts.map(\.x)), mean(shifts.map(\.y)))
        #expect(abs(down) < 0.06 && abs(across) < 0.06)
        let correlation = mean(shifts.map { $0.x * $0.y })
        #expect(abs(correlation) < 0.07)
        let areModest = choices.allSatisfy { (0...3).contains($0.noise) && abs($0.contrast - 1) <= 0.4 }
        #expect(areModest)
        let (noise, contrast) = (mean(choices.map(\.noise)), mean(choices.map(\.contrast)))
        #expect(abs(noise - 1.5) < 0.031 && abs(contrast - 1) < 0.0082)
    }

    /// What one option switches does not change the others' random numbers.
    @Test func kindsAreSwitchedOneByOne() {
        let all = augmenter(.all)
        for number in 0..<200 {
            let choice = all.choice(number: number, epoch: 4)
            var only = StampAugmenter.Choice()
            #expect(augmenter(.none).choice(number: number, epoch: 4) == only)
            only.symmetry = choice.symmetry
            #expect(augmenter(Augmentation(symmetries: true)).choice(number: number, epoch: 4) == only)
            only = StampAugmenter.Choice()
            (only.shift, only.noise) = (choice.shift, choice.noise)
            #expect(augmenter(Augmentation(shift: 0.5, noise: 1)).choice(number: number, epoch: 4) == only)
            only = StampAugmenter.Choice()
            only.contrast = choice.contrast
            #expect(augmenter(Augmentation(contrast: 0.2)).choice(number: number, epoch: 4) == only)
        }
    }

    // MARK: Stamps

    /// Sky of level 1000 and spread 12 with a star in the middle.
    private func sky(_ seed: UInt32) -> [Double] {
        var normals = [Float](repeating: 0, count: 441)
        standard_normals([0, 0, 0, 0], [seed, 1], 441, &normals)
        return normals.enumerated().map { 1000 + 12 * Double($1) + ($0 == 220 ? 300 : 0) }
    }

    private func kept(_ stamp: [Double], _ normalization: Normalization) throws -> (pixels: [Float], spread: Float) {
        var scratch = [Double](repeating: .nan, count: 3 * stamp.count)
        var output = [Float](repeating: .nan, count: stamp.count)
        let spread = try #require(
            normalization.prepareForAugmentation(
                pixels: stamp, count: stamp.count, scratch: &scratch, into: &output))
        return (output, spread)
    }

    private func augmented(
        _ stamp: [Double], _ augmentation: Augmentation, _ normalization: Normalization, number: Int = 5, epoch: Int = 1
    ) throws -> [Float] {
        let (pixels, spread) = try kept(stamp, normalization)
        var output = [Float](repeating: .nan, count: stamp.count)
        augmenter(augmentation, normalization).write(
            kept: pixels, spreads: [spread], number: number, epoch: epoch, into: &output)
        return output
    }

    private func normalized(_ stamp: [Double], _ normalization: Normalization) throws -> [Float] {
        var scratch = [Double](repeating: .nan, count: 2 * stamp.count)
        var output = [Float](repeating: .nan, count: stamp.count)
        try #require(normalization.apply(pixels: stamp, count: stamp.count, scratch: &scratch, into: &output))
        return output
    }

    @Test(arguments: Normalization.all) func withoutAnyKindAStampIsNormalisedAsEver(_ mode: Normalization) throws {
        let stamp = sky(1)
        let (output, expected) = (try augmented(stamp, .none, mode), try normalized(stamp, mode))
        let largest = expected.map(abs).max()!
        // What is kept was rounded to single precision once.
        for (one, other) in zip(output, expected) { #expect(abs(one - other) <= 5e-7 * largest) }
    }

    /// Whole = normalisation of (shift of symmetry + noise), then contrast, each by itself as tested above.
    @Test(arguments: Normalization.all) func theWholeIsItsPartsInOrder(_ mode: Normalization) throws {
        let stamp = sky(2)
        let (pixels, spread) = try kept(stamp, mode)
        for number in 0..<20 {
            let choice = augmenter(.all, mode).choice(number: number, epoch: 7)
            var varied = [Float](repeating: 0, count: 441)
            stamp_symmetry(pixels, 21, 21, choice.symmetry, &varied)
            if let shift = choice.shift {
                varied = shifted(varied, Size(height: 21, width: 21), rows: shift.x, columns: shift.y)
            }
            var normals = [Float](repeating: 0, count: 441)
            let word = CounterBasedRandom.word(.augmentation, detail: 1)
            standard_normals([0, UInt32(number), 7, word], [3, 0], 441, &normals)
            for pixel in 0..<441 { varied[pixel] += choice.noise * spread * normals[pixel] }
            var expected = try normalized(varied.map(Double.init), mode.again)
            let mean = expected.reduce(0) { $0 + Double($1) } / 441
            expected = expected.map { Float((Double($0) - mean) * Double(choice.contrast) + mean) }
            let output = try augmented(stamp, .all, mode, number: number, epoch: 7)
            let largest = expected.map(abs).max()!
            for (one, other) in zip(output, expected) { #expect(abs(one - other) <= 2e-6 * largest) }
        }
    }

    /// Noise of the demanded variance, and white: on stamps as they are, the difference is the noise itself.
    @Test func addedNoiseIsWhiteAndAsStrongAsChosen() throws {
        let stamp = sky(3)
        let spread = Double(try kept(stamp, .none).spread)
        let plain = try normalized(stamp, .none)
        let augmentation = Augmentation(noise: 2)
        let augmenter = augmenter(augmentation, .none)
        var (variance, across, down) = (0.0, 0.0, 0.0)
        let stamps = 400
        for number in 0..<stamps {
            let strength = Double(augmenter.choice(number: number, epoch: 1).noise) * spread
            let output = try augmented(stamp, augmentation, .none, number: number)
            let noise = zip(output, plain).map { (Double($0) - Double($1)) / strength }
            for pixel in 0..<420 {
                variance += noise[pixel] * noise[pixel]
                across += noise[pixel] * noise[pixel + 1]
                down += noise[pixel] * noise[pixel + 21]
            }
        }
        let count = Double(420 * stamps)
        // Five standard deviations; weak noise on a level of 1000 is rounded, to 1e-3 of a pixel's spread at most.
        #expect(abs(variance / count - 1) < 5 * (2 / count).squareRoot() + 1e-3)
        #expect(abs(across / count) < 5 / count.squareRoot() && abs(down / count) < 5 / count.squareRoot())
    }

    @Test(arguments: Normalization.all)
    func augmentationIsAFunctionOfSeedEpochAndStamp(_ mode: Normalization) throws {
        let stamp = sky(4)
        let one = try augmented(stamp, .all, mode, number: 1, epoch: 1)
        #expect(try augmented(stamp, .all, mode, number: 1, epoch: 1) == one)
        #expect(try augmented(stamp, .all, mode, number: 2, epoch: 1) != one)
        #expect(try augmented(stamp, .all, mode, number: 1, epoch: 2) != one)
        let isFinite = one.allSatisfy(\.isFinite)
        #expect(isFinite)
    }

    /// A stamp whose only bright pixel is moved out says nothing any more: it stays as it is.
    @Test(arguments: Normalization.all) func aStampThatWouldBeLostStaysAsItIs(_ mode: Normalization) throws {
        var stamp = [Double](repeating: 4, count: 441)
        stamp[220] = 9
        for number in 0..<50 {
            let output = try augmented(stamp, Augmentation(shift: 500), mode, number: number)
            let isFinite = output.allSatisfy(\.isFinite)
            #expect(isFinite && (mode.again == .none || mode == .l2 || Set(output).count > 1))
        }
    }

    @Test func whatIsVariedIsToldInWords() {
        #expect(Augmentation.none.description == "none")
        #expect(Augmentation.all.description == "symmetries, shifts 0.5, noise 1.0, contrast 0.2")
        #expect(Augmentation(noise: 2).description == "noise 2.0")
    }
}
