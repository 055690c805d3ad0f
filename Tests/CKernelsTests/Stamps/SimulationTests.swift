import CKernels
import Foundation
import Testing

/// The C loops of the simulator against plain Swift in double precision.
@Suite struct SimulationTests {
    /// Box and Muller's method as the header states it: radius from the upper 23 bits of the first word, direction from
    /// the second (its top two bits are the quarter, the middle of which is at angle 0).
    @Test(arguments: [1, 4, 127, 128, 129, 529])
    func normalNumbersMatchBoxAndMuller(count: Int) {
        let counter: [UInt32] = [3, 1, 4, 1], key: [UInt32] = [5, 9]
        var normals = [Float](repeating: 0, count: count)
        standard_normals(counter, key, count, &normals)
        for start in stride(from: 0, to: count, by: 2) {
            var words = [UInt32](repeating: 0, count: 4)
            philox4x32_10([counter[0] + UInt32(start / 4), counter[1], counter[2], counter[3]], key, &words)
            let radiusWord = words[start % 4], angleWord = words[start % 4 + 1]
            let radius = (-2 * log((Double(radiusWord >> 9) + 0.5) * 0x1p-23)).squareRoot()
            let inQuarter = Double((angleWord & 0x3fff_ffff) >> 6) * 0x1p-24 - 0.5
            let angle = (Double(angleWord >> 30) + inQuarter) * Double.pi / 2
            // Single precision of numbers up to 5.8 after a handful of roundings.
            #expect(abs(Double(normals[start]) - radius * cos(angle)) < 4e-6)
            if start + 1 < count { #expect(abs(Double(normals[start + 1]) - radius * sin(angle)) < 4e-6) }
        }
    }

    /// Five standard deviations of each moment of 400,000 numbers.
    @Test func normalNumbersHaveTheMomentsOfTheNormalDistribution() {
        let count = 400_000
        var normals = [Float](repeating: 0, count: count)
        standard_normals([0, 1, 2, 3], [4, 5], count, &normals)
        func moment(_ power: Double) -> Double { normals.reduce(0) { $0 + pow(Double($1), power) } / Double(count) }
        let scale = 5 / Double(count).squareRoot()
        #expect(abs(moment(1)) < scale)
        #expect(abs(moment(2) - 1) < scale * 2.0.squareRoot())
        #expect(abs(moment(3)) < scale * 15.0.squareRoot())
        #expect(abs(moment(4) - 3) < scale * 96.0.squareRoot())
    }

    @Test(arguments: [(3, 3), (5, 9), (23, 23), (7, 34)])
    func filteringAddsThePlainSums(height: Int, width: Int) {
        let down: [Float] = [0.2, 0.7, 0.1], across: [Float] = [0, 0.75, 0.25]
        let image = (0..<(height * width)).map { Float(($0 * 37) % 101) / 10 - 5 }
        var out = [Float](repeating: 3, count: (height - 2) * (width - 2))
        add_filtered(image, height, width, down, across, &out)
        for row in 0..<(height - 2) {
            for column in 0..<(width - 2) {
                var expected = 3.0
                for y in 0..<3 {
                    for x in 0..<3 {
                        expected += Double(down[y] * across[x]) * Double(image[(row + y) * width + column + x])
                    }
                }
                // Nine products of numbers up to 5 in single precision.
                #expect(abs(Double(out[row * (width - 2) + column]) - expected) < 1e-5)
            }
        }
    }

    /// Plain sums in the same order, on sizes below and above the filter's reach.
    @Test(arguments: [(5, 7, 1, 2), (1, 9, 3, 4), (23, 17, 6, 3), (4, 3, 8, 0)])
    func aSeparableFilterIsTheSumOverItsWeights(height: Int, width: Int, reachDown: Int, reachAcross: Int) {
        func numbers(_ count: Int, _ step: Int) -> [Float] {
            (0..<count).map { Float(($0 * step + 3) % 17) / 8 - 1 }
        }
        let image = numbers(height * width, 7), down = numbers(2 * reachDown + 1, 5)
        let across = numbers(2 * reachAcross + 1, 11)
        var rows = [Float](repeating: .nan, count: height * width), out = rows
        filter_separably(image, height, width, down, reachDown, across, reachAcross, &rows, &out)
        for row in 0..<height {
            for column in 0..<width {
                var expected = 0.0
                for (i, weightDown) in down.enumerated() {
                    for (j, weightAcross) in across.enumerated() {
                        let from = (row - i + reachDown, column - j + reachAcross)
                        guard 0..<height ~= from.0, 0..<width ~= from.1 else { continue }
                        expected += Double(weightDown * weightAcross * image[from.0 * width + from.1])
                    }
                }
                // Up to 221 products below 1 in single precision.
                #expect(abs(Double(out[row * width + column]) - expected) < 1e-4)
            }
        }
    }

    @Test func logarithmAndCosineMatchTheLibrary() {
        for step in 1...2000 {
            let x = Float(step) * Float(step) / 1000
            // A few roundings, of the larger of the result and 1.
            #expect(abs(Double(portable_logf(x)) - log(Double(x))) < 4e-7 * max(1, abs(log(Double(x)))))
        }
        for step in -2000...2000 {
            let turns = Float(step) / 400
            #expect(abs(Double(portable_cosine_of_turns(turns)) - cos(2 * Double.pi * Double(turns))) < 5e-7)
        }
    }

    @Test func exponentialMatchesTheLibrary() {
        for step in -870...880 {
            let x = Float(step) / 10
            // Two roundings in the reduction of x and a few in the series.
            #expect(abs(Double(portable_expf(x)) / exp(Double(x)) - 1) < 4e-7)
        }
        #expect(portable_expf(0) == 1)
        #expect(portable_expf(-1000) >= 0 && portable_expf(1000).isFinite)
    }
}
