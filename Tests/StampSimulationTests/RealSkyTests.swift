import Faults
import Foundation
import StampFormats
import StampSimulation
import TestSupport
import Testing

/// Stamps on a survey's own sky.
struct RealSkyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// White noise of variance 100 on a level of 500, (count, size, size): Box and Muller's normal numbers.
    private func sky(_ count: Int, size: Int, seed: UInt64 = 1) throws -> [Float] {
        var random = SplitMix64(seed: seed)
        return (0..<count * size * size).map { _ in
            let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude...1, using: &random))).squareRoot()
            return 500 + 10 * Float(radius * cos(2 * .pi * Double.random(in: 0..<1, using: &random)))
        }
    }

    private func write(_ values: [Float], _ shape: [Int], _ name: String = "sky.npy") throws -> String {
        try NpyFile.write(floats: values, shape: shape, to: folder.path(name))
        return folder.path(name)
    }

    private func orientations(_ stamp: [Float], size: Int) -> Set<[Float]> {
        var all: Set<[Float]> = []
        for number in 0..<8 {
            all.insert(
                (0..<size * size).map { pixel in
                    var row = pixel / size, column = pixel % size
                    if number & 1 != 0 { row = size - 1 - row }
                    if number & 2 != 0 { column = size - 1 - column }
                    return number & 4 != 0 ? stamp[column * size + row] : stamp[row * size + column]
                })
        }
        return all
    }

    @Test func emptyStampsAreTheBackgroundsTurnedAndClassesShareNone() throws {
        let values = try sky(10, size: 21)
        let realSky = try RealSky(stamps: [write(values, [10, 21, 21])], size: 21, share: 1)
        let settings = SimulationSettings(kinds: KindShares([.emptySky: 1, .pointSource: 1]))
        let simulator = StampSimulator(seed: 6, settings: settings, realSky: realSky)
        var seen: [StampSimulator.Population: Set<Int>] = [:], turned: Set<[Float]> = []
        for population in StampSimulator.Population.allCases {
            for index in 0..<60 {
                let stamp = simulator.stamp(population, index: index)
                let number = try #require(stamp.truth.realSky?.background)
                #expect(stamp.truth.realSky?.position == nil)
                seen[population, default: []].insert(number)
                guard population == .noise else { continue }
                #expect(orientations(Array(values[(number * 441)...].prefix(441)), size: 21).contains(stamp.pixels))
                turned.insert(stamp.pixels)
            }
        }
        #expect(seen[.sources] == [0, 2, 4, 6, 8] && seen[.noise] == [1, 3, 5, 7, 9])
        // Twelve draws of eight orientations of five stamps each.
        #expect(turned.count > 25)
    }

    @Test func largerBackgroundsAreCutAnywhere() throws {
        let values = try sky(2, size: 30)
        let realSky = try RealSky(stamps: [write(values, [2, 30, 30])], size: 21, share: 1)
        let simulator = StampSimulator(
            seed: 6, settings: SimulationSettings(kinds: KindShares([.emptySky: 1])), realSky: realSky)
        let whole = Set(values[900...])
        let corners = (0..<200).map { index in
            let pixels = simulator.noise(index: index).pixels
            #expect(pixels.allSatisfy { whole.contains($0) })
            return pixels[0]
        }
        #expect(Set(corners).count > 100)
    }

    @Test func theShareIsThatOfBothClasses() throws {
        let realSky = try RealSky(stamps: [write(try sky(4, size: 9), [4, 9, 9])], size: 9, share: 0.3)
        let simulator = StampSimulator(seed: 6, height: 9, width: 9, realSky: realSky)
        let plain = StampSimulator(seed: 6, height: 9, width: 9)
        for population in StampSimulator.Population.allCases {
            let stamps = (0..<500).map { simulator.stamp(population, index: $0) }
            // Five standard deviations of a binomial count.
            #expect(abs(stamps.count { $0.truth.realSky != nil } - 150) < 52)
            for (index, stamp) in stamps.enumerated() where stamp.truth.realSky == nil {
                #expect(stamp == plain.stamp(population, index: index))
            }
        }
    }

    /// The matched filter's output on the sources of S/N x over its standard deviation on the sky itself is x.
    @Test(arguments: [false, true]) func signalToNoiseIsThatOfTheSkysOwnNoise(isSmooth: Bool) throws {
        let count = 400
        var values = try sky(count, size: 21, seed: 8)
        if isSmooth {
            // Means of each pixel and the one to its right, with wrapped rows: a correlation of ½.
            values = values.indices.map { (values[$0] + values[($0 + 1) % values.count]) / 2 }
        }
        let realSky = try RealSky(stamps: [write(values, [count, 21, 21])], size: 21, share: 1)
        #expect(abs(realSky.correlation.correlation(x: 1, y: 0) - (isSmooth ? 0.5 : 0)) < 0.02)
        #expect(abs(realSky.correlation.correlation(x: 0, y: 1)) < 0.02)
        let settings = SimulationSettings(signalToNoise: 50...50, kinds: KindShares([.pointSource: 1]))
        let simulator = StampSimulator(seed: 6, settings: settings, realSky: realSky)
        var ratios: [Double] = []
        for index in 0..<20 {
            let scene = simulator.scene(.sources, index: index)
            func output(_ image: ArraySlice<Float>) -> Double {
                zip(image, scene.source).reduce(0) { $0 + Double($1.0 - 500) * Double($1.1) }
            }
            let outputs = (0..<count).map { output(values[($0 * 441)..<($0 + 1) * 441]) }
            let mean = outputs.reduce(0, +) / Double(count)
            let deviation = (outputs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
            ratios.append(scene.source.reduce(0) { $0 + Double($1) * Double($1) } / deviation)
        }
        // Each is measured on 400 skies to 3.5 %, with a σ from 441 pixels that is good to 5 %.
        #expect(abs(ratios.reduce(0, +) / 20 - 50) < 2.5)
    }

    @Test func unusableBackgroundsAreLeftOutOrNamed() throws {
        var values = try sky(4, size: 9)
        values[2 * 81 + 5] = .nan
        for pixel in 3 * 81..<4 * 81 { values[pixel] = 7 }
        let path = try write(values, [4, 9, 9])
        // Numbers 0 and 1 are left.
        let simulator = StampSimulator(
            seed: 1, height: 9, width: 9, realSky: try RealSky(stamps: [path], size: 9, share: 1))
        #expect((0..<20).allSatisfy { simulator.source(index: $0).truth.realSky?.background == 0 })
        for (shape, count, problem) in [
            ([3, 9, 9], 3, "each class needs one"), ([1, 9, 9], 1, "each class needs one"), ([4, 9, 9], 4, "smaller"),
        ] {
            let size = problem == "smaller" ? 11 : 9
            var part = Array(values.prefix(count * 81))
            if count == 3 { for pixel in 81..<162 { part[pixel] = .nan } }
            let path = try write(part, shape, "part.npy")
            let fault = try #require(throws: Fault.self) { try RealSky(stamps: [path], size: size, share: 1) }
            #expect(fault.kind == .badData && fault.description.contains(problem))
        }
        let channels = try write(try sky(8, size: 9), [2, 9, 9, 4], "channels.npy")
        #expect(throws: Fault.self) { try RealSky(stamps: [channels], size: 9, share: 1) }
    }

    /// An image of 200×310 pixels with stars on a grid: no tile has one near its centre, and what is drawn lies where
    /// the table says.
    @Test func tilesOfAnImageAvoidItsSourcesAndPositionsAreTheirs() throws {
        let height = 200, width = 310
        var image = Array(try sky(1, size: 310).prefix(height * width))
        let pointSpread = PointSpreadFunction(fullWidthHalfMaximum: 3, moffatIndex: 3, gaussianFraction: 1)
        var stars: [SIMD2<Float>] = []
        for y in stride(from: 15, to: 200, by: 37) {
            for x in stride(from: 12, to: 310, by: 41) {
                stars.append(SIMD2(Float(x), Float(y)))
                // A signal-to-noise ratio of 25 and more: flux · √Σp² / σ with Σp² = 0.049.
                pointSpread.add(flux: 1200, at: stars[stars.count - 1], height: height, width: width, to: &image)
            }
        }
        image[100 * width + 200] = .nan
        let path = try write(image, [height, width], "image.npy")
        let realSky = try RealSky(images: [path], size: 21, fullWidthHalfMaximum: 3, clearRadius: 3.5, share: 1)
        let settings = SimulationSettings(
            fullWidths: 3...3, signalToNoise: 500...600, kinds: KindShares([.emptySky: 1, .pointSource: 1]))
        let simulator = StampSimulator(seed: 2, settings: settings, realSky: realSky)
        var numbers: [StampSimulator.Population: Set<Int>] = [:], placed = 0, equal = 0
        for index in 0..<150 {
            let noise = simulator.stamp(.noise, index: index), use = try #require(noise.truth.realSky)
            let centre = try #require(use.position)
            numbers[.noise, default: []].insert(use.background)
            #expect(noise.pixels.allSatisfy { $0.isFinite })
            #expect(noise.pixels[220] == image[Int(centre.y) * width + Int(centre.x)])
            #expect(stars.allSatisfy { (($0 - centre) * ($0 - centre)).sum() > 3.5 * 3.5 })
            // The brightest pixel of what was added to the image is the pixel of the position.
            let scene = simulator.scene(.sources, index: index)
            let place = try #require(scene.realSky?.position)
            numbers[.sources, default: []].insert(try #require(scene.realSky?.background))
            let brightest = scene.source.indices.max { scene.source[$0] < scene.source[$1] }!
            let below = image[Int(place.y.rounded()) * width + Int(place.x.rounded())]
            // A place between two pixels may round either way.
            let offset = scene.offset
            guard abs(offset.x - offset.x.rounded()) < 0.4, abs(offset.y - offset.y.rounded()) < 0.4 else { continue }
            placed += 1
            if abs(scene.background[brightest] - below) < 1e-3 { equal += 1 }
            #expect(scene.background[brightest] > below - 1e-3)
        }
        // All but the 15 % that have a field star beside the source, which adds its wings; five standard deviations.
        #expect(placed > 60 && Double(equal) > 0.65 * Double(placed))
        #expect(numbers[.noise]!.isDisjoint(with: numbers[.sources]!))
        // 126 tiles less those with stars at their centres; most of what is left is used.
        #expect(numbers[.noise]!.count + numbers[.sources]!.count > 80)
    }

    @Test func theSourceMaskFindsStarsAndLittleElse() throws {
        var image = try sky(1, size: 256, seed: 4)
        let pointSpread = PointSpreadFunction(fullWidthHalfMaximum: 3, moffatIndex: 3, gaussianFraction: 1)
        pointSpread.add(flux: 1000, at: SIMD2(100, 60), height: 256, width: 256, to: &image)
        let mask = SourceMask(pixels: image, height: 256, width: 256, fullWidthHalfMaximum: 3)
        #expect(mask.isDetected[60 * 256 + 100] && !mask.isClear(x: 103, y: 60, within: 3))
        // Beyond 4 σ on either side are 6 of 100,000 pixels of white noise, a few more in clumps of a smoothed one.
        #expect(mask.isDetected.count { $0 } < 60)
        let constant = SourceMask(
            pixels: [Float](repeating: .nan, count: 64), height: 8, width: 8, fullWidthHalfMaximum: 2)
        #expect(constant.isDetected.allSatisfy { $0 })
    }

    @Test func aMeasuredPointSpreadFunctionIsShiftedWithoutLoss() throws {
        let gaussian = PointSpreadFunction(fullWidthHalfMaximum: 4, moffatIndex: 3, gaussianFraction: 1)
        var image = [Float](repeating: 0, count: 31 * 29)
        gaussian.add(flux: 70, at: SIMD2(14, 15), height: 31, width: 29, to: &image)
        let measured = try PointSpreadFunction(contentsOf: write(image, [31, 29], "psf.npy"))
        // The quadrature over pixels widens a Gaussian of s = 1.7 by 1 %.
        #expect(abs(measured.fullWidthHalfMaximum - 4) < 0.1)
        for place in [SIMD2<Float>(10, 10), SIMD2(10.5, 9.75), SIMD2(8.2, 11.9)] {
            var expected = [Float](repeating: 0, count: 441), found = expected
            gaussian.add(flux: 10, at: place, height: 21, width: 21, to: &expected)
            measured.add(flux: 10, at: place, height: 21, width: 21, to: &found)
            let peak = expected.max()!
            // Cubic convolution of a Gaussian of this width errs by some thousandths of its peak, and so does the
            // quadrature over pixels that drew it.
            for (one, other) in zip(expected, found) { #expect(abs(one - other) < 0.02 * peak) }
            #expect(abs(found.reduce(0, +) - 10) < 0.05)
        }
        for (values, problem) in [
            ([Float](repeating: 0, count: 25), "no point-spread function"), ([0, 0, 0, 0, 1, 0, 0, 0, 0], "narrower"),
        ] {
            let side = values.count == 25 ? 5 : 3
            let path = try write(values, [side, side], "bad.npy")
            let fault = try #require(throws: Fault.self) { try PointSpreadFunction(contentsOf: path) }
            #expect(fault.kind == .badData && fault.description.contains(problem))
        }
    }
}
