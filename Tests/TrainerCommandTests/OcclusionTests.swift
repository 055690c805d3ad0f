import Figures
import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct OcclusionTests {
        private static let side = 21
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let model: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            model = "\(try survey.run())/model.safetensors"
        }

        private func occlusion(
            _ input: String, _ options: String = "", model other: String? = nil, ranks: Int? = nil
        ) throws -> (values: [Float], shape: [Int]) {
            let output = workspace.path("maps.npy")
            let outcome = try trained(
                "occlusion --model \(other ?? model) --input \(input) --output \(output) \(options)", ranks: ranks)
            #expect(outcome.standardOutput == "")
            return try numbers(output)
        }

        /// The first source stamps as a file of their own.
        private func fewStamps(_ count: Int) throws -> String {
            let path = workspace.path("few.npy")
            let values = try numbers(survey.sources).values.prefix(count * Survey.pixels)
            try NpyFile.write(floats: Array(values), shape: [count, Self.side, Self.side], to: path)
            return path
        }

        /// `normalize_image` of the notebook with the mean instead of the sum, as it is written there.
        private func normalized(_ stamp: [Float]) -> [Float] {
            let sorted = stamp.map(Double.init).sorted()
            func percentile(_ percent: Double) -> Double {
                let place = percent / 100 * Double(sorted.count - 1)
                let below = Int(place), above = min(below + 1, sorted.count - 1)
                return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
            }
            let floor = percentile(50) - 2 * 0.7413 * (percentile(75) - percentile(25))
            let clipped = stamp.map { max(Double($0), floor) }
            let least = clipped.min()!
            let mean = clipped.reduce(0) { $0 + $1 - least } / Double(clipped.count)
            return clipped.map { Float(($0 - least) / mean) }
        }

        /// The notebook's loop: a stamp at each position of the window. `predict` normalises them again.
        private func occluded(_ stamp: [Float], window: Int, stride: Int) -> [[Float]] {
            let last = Self.side - window
            return Swift.stride(from: 0, through: last, by: stride).flatMap { row in
                Swift.stride(from: 0, through: last, by: stride).map { column in
                    var image = stamp
                    for y in row..<row + window {
                        for x in column..<column + window { image[y * Self.side + x] = 0 }
                    }
                    return image
                }
            }
        }

        @Test(arguments: [(5, 1, 17), (4, 1, 18), (7, 3, 5), (1, 10, 3), (20, 1, 2)])
        func positionsHoldWhatPredictSaysOfOccludedStamps(_ window: Int, _ stride: Int, _ positions: Int) throws {
            let stamps = try numbers(fewStamps(2)).values
            let raw = Array(stamps[Survey.pixels...])
            let images = occluded(normalized(raw), window: window, stride: stride)
            #expect(images.count == positions * positions)
            let file = workspace.path("occluded.npy"), output = workspace.path("probabilities.npy")
            try NpyFile.write(
                floats: images.flatMap(\.self), shape: [images.count, Self.side, Self.side], to: file)
            try trained("predict --model \(model) --input \(file) --output \(output)")
            let probabilities = try numbers(output).values
            let map = try occlusion(
                fewStamps(2), "--index 1 --window \(window) --stride \(stride)")
            #expect(map.shape == [Self.side, Self.side])
            for position in 0..<images.count {
                let (row, column) = (position / positions, position % positions)
                let pixel = (window / 2 + row * stride) * Self.side + window / 2 + column * stride
                // Normalised pixels may differ in their last bit, which a small network makes little of.
                #expect(abs(map.values[pixel] - (1 - probabilities[2 * position + 1])) < 1e-5, "\(position)")
            }
        }

        /// `numpy.pad(mode="minimum")`: two lines at each edge with the least value of each column, then of each row.
        @Test func edgesHoldTheLeastValuesOfColumnsAndRows() throws {
            let map = try occlusion(fewStamps(1), "--index 0").values
            let inside = 2..<19
            for x in inside {
                let least = inside.map { map[$0 * Self.side + x] }.min()!
                for y in [0, 1, 19, 20] { #expect(map[y * Self.side + x] == least) }
            }
            for y in 0..<Self.side {
                let least = inside.map { map[y * Self.side + $0] }.min()!
                for x in [0, 1, 19, 20] { #expect(map[y * Self.side + x] == least) }
            }
        }

        @Test func anyRanksAndThreadsGiveTheSameBits() throws {
            let input = try fewStamps(12)
            let alone = try occlusion(input, "--threads 1")
            #expect(alone.shape == [12, Self.side, Self.side])
            for (ranks, threads) in [(nil, 2), (2, 2), (3, 1)] {
                #expect(try occlusion(input, "--threads \(threads)", ranks: ranks) == alone)
            }
            let third = try occlusion(input, "--index 3", ranks: 2)
            #expect(third.values == Array(alone.values[3 * Survey.pixels..<4 * Survey.pixels]))
        }

        @Test(arguments: [nil, 2]) func stampsThatCannotBeUsedGiveMapsOfNaN(ranks: Int?) throws {
            let damaged = try numbers(survey.damagedNoise).values
            let path = workspace.path("damaged.npy"), output = workspace.path("maps.npy")
            try NpyFile.write(
                floats: Array(damaged[6 * Survey.pixels..<9 * Survey.pixels]), shape: [3, Self.side, Self.side],
                to: path)
            let outcome = try trained(
                "occlusion --model \(model) --input \(path) --output \(output)", ranks: ranks)
            #expect(outcome.errorLines(saying: "1 of 3 stamps cannot be normalised; their maps are nan") == 1)
            let maps = try numbers(output).values
            for pixel in 0..<3 * Survey.pixels {
                #expect(maps[pixel].isNaN == (pixel / Survey.pixels == 1))
            }
        }

        @Test func wrongOptionsAreRefused() throws {
            let line = "occlusion --model \(model) --input \(survey.sources) --output \(workspace.path("maps.npy"))"
            expectError(try trainer("\(line) --window 22"), 64, saying: "--window 22", "21×21")
            expectError(try trainer("\(line) --window 0"), 64, saying: "--window 0")
            expectError(try trainer("\(line) --stride -1"), 64, saying: "--stride -1")
            expectError(try trainer("\(line) --index 500", ranks: 2), 64, saying: "--index 500", "from 0 to 499")
            expectError(try trainer("\(line) --figure map.svg"), 64, saying: "--figure map.svg", "--index")
            expectError(try trainer("\(line) --index 0 --figure map.jpg"), 64, saying: "map.jpg", ".png")
            #expect(try names(in: workspace.path) == [])
        }

        @Test(.enabled(if: Gnuplot(environment: ProcessInfo.processInfo.environment).path != nil))
        func aFigureIsOneFile() throws {
            _ = try occlusion(fewStamps(1), "--index 0 --figure \(workspace.path("map.svg"))")
            #expect(try names(in: workspace.path) == ["few.npy", "map.svg", "maps.npy"])
        }

        /// Before the long work starts, and whatever says that there is none.
        @Test(arguments: ["SWIFT_RUN_TRAINER_GNUPLOT=\(NSTemporaryDirectory())no-gnuplot", "PATH=/nonexistent"])
        func withoutGnuplotAFigureIsRefused(_ variable: String) throws {
            let line =
                "occlusion --model \(model) --input \(try fewStamps(1)) --index 0 --output \(workspace.path("maps.npy")) "
                + "--figure \(workspace.path("map.svg"))"
            let program = try path(ofProgram: "swift-run-trainer")
            let outcome = try shell(
                script: "unset SWIFT_RUN_TRAINER_GNUPLOT; export '\(variable)'; exec '\(program)' \(line)")
            expectError(outcome, 69, saying: "--figure", "gnuplot")
            #expect(try names(in: workspace.path) == ["few.npy"])
        }
    }
}
