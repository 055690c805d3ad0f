import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Several looks at each stamp: `--dropout-passes`, `--augment-passes`, `--combine`.
    @Suite struct PassesTests {
        private static let side = 21
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let model: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            model = "\(try survey.run())/model.safetensors"
        }

        private func predict(
            _ options: String = "", _ input: String? = nil, model other: String? = nil, ranks: Int? = nil
        ) throws -> [Float] {
            let output = workspace.path("probabilities.npy")
            try trained(
                "predict --model \(other ?? model) --input \(input ?? survey.sources) --output \(output) \(options)",
                ranks: ranks)
            return try numbers(output).values
        }

        /// Some values of the first source stamps, as a file of stamps of their own shape.
        private func write(_ name: String, _ stamps: [[Float]], height: Int = side, width: Int = side) throws -> String
        {
            let path = workspace.path("\(name).npy")
            try NpyFile.write(floats: stamps.flatMap(\.self), shape: [stamps.count, height, width], to: path)
            return path
        }

        private func stamps(_ count: Int) throws -> [[Float]] {
            let values = try numbers(survey.sources).values
            return (0..<count).map { Array(values[$0 * Survey.pixels..<($0 + 1) * Survey.pixels]) }
        }

        /// Rows upside down, or rows and columns exchanged.
        private func flipped(_ stamp: [Float]) -> [Float] {
            (0..<Self.side).reversed().flatMap { stamp[$0 * Self.side..<($0 + 1) * Self.side] }
        }
        private func transposed(_ stamp: [Float]) -> [Float] {
            (0..<Survey.pixels).map { stamp[$0 % Self.side * Self.side + $0 / Self.side] }
        }

        private func mean(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } / Double(values.count) }
        private func deviation(_ values: [Float]) -> Double {
            let mean = mean(values)
            return (values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count))
                .squareRoot()
        }

        @Test func augmentPassesAreTheMeanOfEightPredictions() throws {
            let original = try stamps(20)
            var turned: [[[Float]]] = [original]
            // Turning by a right angle is exchanging rows and columns and then turning the rows upside down.
            for _ in 0..<3 { turned.append(turned.last!.map { flipped(transposed($0)) }) }
            turned += turned.map { $0.map(transposed) }
            let all = try turned.map { try predict("", write("turned", $0)) }
            let spread = workspace.path("spread.npy")
            let input = try write("original", original)
            let found = try predict("--augment-passes --spread \(spread)", input)
            let deviations = try numbers(spread).values
            for place in found.indices {
                let eight = all.map { $0[place] }
                // The normalisation adds up pixels in another order.
                #expect(abs(Double(found[place]) - mean(eight)) < 2e-6)
                #expect(abs(Double(deviations[place]) - deviation(eight)) < 2e-6)
            }
            #expect(deviations.contains { $0 > 1e-4 })
            // However a stamp lies, all its symmetries are looked at.
            let other = try predict("--augment-passes", write("turned", turned[5]))
            #expect(zip(found, other).allSatisfy { abs($0 - $1) < 2e-6 })
        }

        @Test func aRectangleHasFourSymmetries() throws {
            let (height, width) = (12, 9)
            let data = workspace.path("data")
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            let cut = try [survey.sources, survey.noise].map { path in
                let values = try numbers(path).values
                return (0..<60).map { stamp in
                    (0..<height * width).map { place in
                        values[stamp * Survey.pixels + (5 + place / width) * Self.side + 6 + place % width]
                    }
                }
            }
            let (sources, noise) = (
                try write("data/stamps_sources", cut[0], height: height, width: width),
                try write("data/stamps_noise", cut[1], height: height, width: width)
            )
            let run = workspace.path("run")
            try trained(
                "train --noise \(noise) --sources \(sources) \(Survey.plain) --epochs 1 --batch-size 16 --output \(run)"
            )
            func mirrored(_ stamp: [Float], rows: Bool, columns: Bool) -> [Float] {
                (0..<height * width).map { place in
                    let (row, column) = (place / width, place % width)
                    return stamp[(rows ? height - 1 - row : row) * width + (columns ? width - 1 - column : column)]
                }
            }
            let all = try [(false, false), (true, false), (false, true), (true, true)].map { rows, columns in
                try predict(
                    "",
                    write(
                        "turned", cut[0].map { mirrored($0, rows: rows, columns: columns) }, height: height,
                        width: width
                    ), model: run)
            }
            let found = try predict("--augment-passes", sources, model: run)
            for place in found.indices { #expect(abs(Double(found[place]) - mean(all.map { $0[place] })) < 2e-6) }
        }

        @Test(arguments: ["--dropout-passes 3", "--augment-passes", "--dropout-passes 2 --augment-passes --seed 9"])
        func anyRanksAndThreadsGiveTheSameBits(options: String) throws {
            let (table, spread) = (workspace.path("table.csv"), workspace.path("spread.npy"))
            let line = "\(options) --csv \(table) --spread \(spread)"
            func files() throws -> [[UInt8]] { try [table, spread, workspace.path("probabilities.npy")].map(bytes) }
            _ = try predict("\(line) --threads 1", survey.damagedNoise)
            let alone = try files()
            for (ranks, threads) in [(nil, 2), (2, 2), (3, 1)] {
                _ = try predict("\(line) --threads \(threads)", survey.damagedNoise, ranks: ranks)
                #expect(try files() == alone)
            }
            // The table has what the arrays have.
            let lines = try text(table).split(separator: "\n")
            #expect(lines[0] == "file,index,probability,std,class")
            let (deviations, probabilities) = (
                try numbers(spread).values, try numbers(workspace.path("probabilities.npy")).values
            )
            for (stamp, line) in lines.dropFirst().enumerated() {
                let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                #expect(
                    Float(fields[2])?.bitPattern == probabilities[2 * stamp + 1].bitPattern || stamp == 7
                        || stamp == 100)
                #expect(
                    Float(fields[3])?.bitPattern == deviations[2 * stamp + 1].bitPattern || stamp == 7 || stamp == 100)
            }
            #expect(lines[8].hasSuffix(",nan,nan,") && deviations[14].isNaN)
        }

        /// What is drawn for a stamp depends on its number alone, and on the seed.
        @Test func dropoutIsDrawnForEachStamp() throws {
            let all = try predict("--dropout-passes 2")
            #expect(try predict("--dropout-passes 2", write("few", stamps(70))) == Array(all[..<140]))
            #expect(try predict("--dropout-passes 2 --seed 0") == all)
            #expect(try predict("--dropout-passes 2 --seed 1") != all)
            #expect(try predict("") != all)
            // The first passes stay when there are more: p₁ = 3·mean₃ − 2·mean₂ is a probability.
            let (one, two) = (try predict("--dropout-passes 1"), all)
            #expect(zip(one, two).allSatisfy { (-1e-6...1 + 1e-6).contains(2 * $1 - $0) })
        }

        @Test func evaluatingTellsTheSpread() throws {
            let line =
                "evaluate --model \(model) --data \(survey.folder) --bootstrap 0 --dropout-passes 5 --augment-passes"
            let alone = try trained("\(line) --json").standardOutput
            let spread = try #require(try json(alone)["spread"] as? [String: Any])
            let (correct, wrong) = (try #require(spread["correct"] as? Double), spread["wrong"] as? Double ?? 1)
            #expect(correct > 0 && wrong > correct)
            #expect(try trained("\(line) --json", ranks: 2).standardOutput == alone)
            #expect(try trained(line).standardOutput.contains("spread of the looks at a stamp, mean: "))
            #expect(
                try json(trained("evaluate --model \(model) --data \(survey.folder) --json").standardOutput)["spread"]
                    == nil)
        }

        @Test(arguments: [nil, 2]) func whatCannotBeIsRefused(ranks: Int?) throws {
            let run = workspace.path("run"), output = workspace.path("output.npy")
            try trained("train --data \(survey.folder) \(Survey.plain) --no-dropout --epochs 1 --output \(run)")
            let line = "predict --model \(model) --input \(survey.sources) --output \(output)"
            expectError(
                try trainer(line.replacing(model, with: run) + " --dropout-passes 5", ranks: ranks), 64,
                saying: "--dropout-passes 5", "\(run)/model.safetensors", "Dropout")
            expectError(try trainer("\(line) --dropout-passes 0", ranks: ranks), 64, saying: "--dropout-passes 0")
            expectError(try trainer("\(line) --seed 4", ranks: ranks), 64, saying: "--seed 4", "--dropout-passes")
            expectError(
                try trainer("\(line) --spread \(workspace.path("spread.npy"))", ranks: ranks), 64, saying: "--spread",
                "--augment-passes")
            expectError(try trainer("\(line) --augment-passes --spread \(output)", ranks: ranks), 64, saying: output)
            #expect(!exists(output))
        }

        // MARK: Ensembles

        private func ensemble(_ options: String = "") throws -> String {
            let run = workspace.path("ensemble")
            try trained(
                "train --data \(survey.folder) \(Survey.plain) --epochs 2 --threads 1 --members 3 --output \(run) \(options)"
            )
            return run
        }

        private func combined(_ rule: String, _ values: [Float]) -> Double {
            let sorted = values.map(Double.init).sorted()
            switch rule {
            case "mean": return mean(values)
            case "median": return sorted[1]
            default: return sorted[2] / (sorted[2] + 1 - sorted[0])
            }
        }

        @Test(arguments: ["mean", "median", "max"]) func modelsAreCombined(rule: String) throws {
            let run = try ensemble(rule == "mean" ? "" : "--combine \(rule)")
            let members = try (1...3).map { try predict(model: "\(run)/member-\($0)") }
            let found = try predict("--combine \(rule)", model: run)
            for stamp in 0..<Survey.count {
                let expected = combined(rule, members.map { $0[2 * stamp + 1] })
                #expect(abs(Double(found[2 * stamp + 1]) - expected) < 1e-7)
                #expect(abs(Double(found[2 * stamp]) - (1 - expected)) < 2e-7)
            }
            if rule == "mean" { #expect(try predict(model: run) == found) }
            // So it is with the test set of the run.
            func scores(_ folder: String) throws -> [Float] {
                try text("\(folder)/test_predictions.csv").split(separator: "\n").dropFirst().map {
                    try #require(Float($0.split(separator: ",")[2]))
                }
            }
            let tested = try (1...3).map { try scores("\(run)/member-\($0)") }
            for (stamp, score) in try scores(run).enumerated() {
                #expect(abs(Double(score) - combined(rule, tested.map { $0[stamp] })) < 1e-7)
            }
            let settings = try #require(try json(text("\(run)/member-2/config.json"))["settings"] as? [String: Any])
            #expect((settings["combine"] as? String ?? "mean") == rule)
        }

        @Test func anEnsembleIsCombinedAnewWhenItIsResumed() throws {
            let run = try ensemble()
            let (mean, member) = (
                try bytes("\(run)/test_predictions.csv"), try bytes("\(run)/member-1/model.safetensors")
            )
            _ = try ensemble("--combine max --resume")
            #expect(try bytes("\(run)/test_predictions.csv") != mean)
            #expect(try bytes("\(run)/member-1/model.safetensors") == member)
        }

        @Test func combiningNeedsSeveralModelsInTraining() throws {
            let run = workspace.path("run")
            expectError(
                try trainer("train --data \(survey.folder) --epochs 1 --combine median --output \(run)"), 64,
                saying: "--combine median", "--members")
            #expect(!exists(run))
        }

        @Test func combiningNeedsSeveralModelsInPrediction() throws {
            let output = workspace.path("probabilities.npy")
            expectError(
                try trainer("predict --model \(model) --input \(survey.sources) --output \(output) --combine max"), 64,
                saying: "--combine max", "several models")
            #expect(!exists(output))
        }
    }
}
