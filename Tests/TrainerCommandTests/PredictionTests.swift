import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct PredictionTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let model: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            model = "\(try survey.run())/model.safetensors"
        }

        private func predict(
            _ input: String, _ options: String = "", model other: String? = nil, ranks: Int? = nil
        ) throws -> (values: [Float], shape: [Int]) {
            let output = workspace.path("probabilities.npy")
            let outcome = try trained(
                "predict --model \(other ?? model) --input \(input) --output \(output) \(options)", ranks: ranks)
            #expect(outcome.standardOutput == "")
            return try numbers(output)
        }

        /// Index, class and probability of the run's test set.
        private func testSet(_ run: String) throws -> [(index: Int, label: Int, probability: Float)] {
            try text("\(run)/test_predictions.csv").split(separator: "\n").dropFirst().map { line in
                let fields = line.split(separator: ",")
                return (try #require(Int(fields[0])), try #require(Int(fields[1])), try #require(Float(fields[2])))
            }
        }

        @Test func probabilitiesAreThoseOfTheTestSet() throws {
            let noise = try predict(survey.noise), sources = try predict(survey.sources)
            #expect(noise.shape == [Survey.count, 2] && sources.shape == [Survey.count, 2])
            for row in stride(from: 0, to: noise.values.count, by: 2) {
                // Two single-precision numbers near one half: their sum rounds by at most 2⁻²⁴ each.
                #expect(abs(noise.values[row] + noise.values[row + 1] - 1) <= 0x1p-23)
            }
            let all = noise.values + sources.values
            let tested = try testSet(survey.run())
            #expect(tested.count == 200)
            for (index, label, probability) in tested {
                #expect(label == (index < Survey.count ? 0 : 1))
                #expect(all[2 * index + 1] == probability, "stamp \(index)")
            }
        }

        @Test func oneOutputGivesOneColumn() throws {
            let run = workspace.path("run")
            try trained("train --data \(survey.folder) --model simple-bn --classes 1 --epochs 1 --output \(run)")
            let sources = try predict(survey.sources, model: "\(run)/model.safetensors")
            #expect(sources.shape == [Survey.count, 1])
            for (index, _, probability) in try testSet(run) where index >= Survey.count {
                #expect(sources.values[index - Survey.count] == probability)
            }
        }

        @Test func anyRanksAndThreadsGiveTheSameBits() throws {
            _ = try predict(survey.sources, "--threads 1")
            let alone = try bytes(workspace.path("probabilities.npy"))
            for (ranks, threads) in [(nil, 2), (2, 2), (3, 1)] {
                _ = try predict(survey.sources, "--threads \(threads)", ranks: ranks)
                #expect(try bytes(workspace.path("probabilities.npy")) == alone)
            }
        }

        @Test(arguments: [nil, 3]) func stampsThatCannotBeUsedGiveRowsOfNaN(ranks: Int?) throws {
            let output = workspace.path("probabilities.npy")
            let outcome = try trained(
                "predict --model \(model) --input \(survey.damagedNoise) --output \(output)", ranks: ranks)
            #expect(outcome.errorLines.count == 1)
            #expect(outcome.errorLines(saying: "warning: \(survey.damagedNoise): 2 of 500 stamps") == 1)
            let damaged = try numbers(output).values
            let whole = try predict(survey.noise).values
            for stamp in 0..<Survey.count {
                let row = damaged[2 * stamp...2 * stamp + 1]
                if stamp == 7 || stamp == 100 {
                    #expect(row.allSatisfy { $0.isNaN })
                } else {
                    #expect(row == whole[2 * stamp...2 * stamp + 1])
                }
            }
        }

        @Test func theModelRemembersItsNormalization() throws {
            let remembered = try predict(survey.sources).values
            #expect(try predict(survey.sources, "--normalize mean").values == remembered)
            #expect(try predict(survey.sources, "--normalize notebook").values != remembered)
        }

        /// The test set cut out of the files, as files of its own.
        private func cutOutTestSet() throws -> (noise: String, sources: String) {
            let all = try numbers(survey.noise).values + numbers(survey.sources).values
            let tested = try testSet(survey.run())
            for (label, name) in ["noise", "sources"].enumerated() {
                let stamps = tested.filter { $0.label == label }.map(\.index)
                try NpyFile.write(
                    floats: stamps.flatMap { all[$0 * Survey.pixels..<($0 + 1) * Survey.pixels] },
                    shape: [stamps.count, 21, 21], to: workspace.path("\(name).npy"))
            }
            return (workspace.path("noise.npy"), workspace.path("sources.npy"))
        }

        @Test(arguments: [nil, 3]) func evaluatingTheTestSetGivesTheMetricsOfTheRun(ranks: Int?) throws {
            let files = try cutOutTestSet()
            let line = "evaluate --model \(model) --noise \(files.noise) --sources \(files.sources)"
            let metrics = try trained("\(line) --json", ranks: ranks).standardOutput
            let evaluated = try json(metrics), ofTheRun = try json(text("\(survey.run())/metrics.json"))
            #expect(ofTheRun.count == 5)
            for (key, value) in ofTheRun {
                let other = try #require(evaluated[key] as? NSObject)
                #expect(other == value as? NSObject, "\(key)")
            }
            let table = try trained(line, ranks: ranks).standardOutput
            #expect(table.split(separator: "\n")[0].split(separator: " ") == ["samples", "200"])
            let matrix = try #require(try json(metrics)["confusion_matrix"] as? [[Int]])
            for (name, counts) in zip(["true noise", "true source"], matrix) {
                let row = try #require(table.split(separator: "\n").first { $0.hasPrefix(name) })
                #expect(row.dropFirst(name.count).split(separator: " ").map { Int($0) } == counts.map { $0 })
            }
        }

        @Test func evaluatingDamagedStampsNeedsARequest() throws {
            let line = "evaluate --model \(model) --noise \(survey.damagedNoise) --sources \(survey.sources) --json"
            expectError(try trainer(line), 65, saying: survey.damagedNoise, "stamp 7 ", "2 such stamps", "--skip-bad")
            let metrics = try trained("\(line) --skip-bad").standardOutput
            #expect(try json(metrics)["samples"] as? Int == 2 * Survey.count - 2)
        }
    }
}
