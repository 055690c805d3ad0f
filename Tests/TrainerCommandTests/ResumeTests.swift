import Files
import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct ResumeTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private func train(_ options: String) -> String { "train --data \(survey.folder) \(Survey.recipe) \(options)" }

        @Test(arguments: [(ranks: 1, threads: 2), (3, 1)])
        func twoEpochsAndTwoMoreAreFourOnOtherRanksAndThreads(ranks: Int, threads: Int) throws {
            let whole = try RunResult(survey.longRun())
            let run = try workspace.copy(survey.run(), to: "run")
            try trained(
                train("--epochs 4 --resume --threads \(threads) --output \(run)"), ranks: ranks == 1 ? nil : ranks)
            #expect(try RunResult(run).differences(from: whole) == [])
        }

        @Test func momentumSurvivesTheInterruption() throws {
            let options = "train --data \(survey.folder) \(Survey.plain) --optimizer momentum --batch-size 64"
            try trained("\(options) --epochs 3 --output \(workspace.path("whole"))")
            try trained("\(options) --epochs 1 --output \(workspace.path("run"))")
            try trained("\(options) --epochs 3 --resume --output \(workspace.path("run"))", ranks: 2)
            #expect(
                try RunResult(workspace.path("run")).differences(from: RunResult(workspace.path("whole"))) == [])
        }

        /// Norms, averages and the course of the metrics, all taken up within an epoch by other ranks.
        @Test(arguments: ["adamw --ema 0.9 --early-stopping loss", "lamb --reduce-on-plateau 0.5,1"])
        func theObjectiveSurvivesTheInterruption(_ optimizer: String) throws {
            let (whole, run) = (workspace.path("whole"), workspace.path("run"))
            let options =
                "train --data \(survey.folder) \(Survey.plain) --optimizer \(optimizer) --learning-rate 0.01 --epochs 3"
                + " --normalize mean --batch-size 64 --microbatch 8 --clip-norm 0.5 --schedule cosine --warmup 1epoch"
                + " --label-smoothing 0.1 --class-weights balanced --weight-decay 0.01"
            try trained("\(options) --threads 1 --output \(whole)")
            try trained(
                "\(options) --checkpoint-every 8steps --keep-checkpoints 20 --threads 2 --output \(run)")
            // As if it had been cut off in the midst of its second epoch of 11 steps.
            for name in try names(in: "\(run)/checkpoints") where !["step-8", "step-11", "step-16"].contains(name) {
                try FileManager.default.removeItem(atPath: "\(run)/checkpoints/\(name)")
            }
            try trained("\(options) --resume --output \(run)", ranks: 3)
            #expect(try RunResult(run).differences(from: RunResult(whole)) == [])
            let outcome = try trainer("\(options.replacing("epochs 3", with: "epochs 4")) --resume --output \(run)")
            expectError(outcome, 64, saying: "(now 4), on which --schedule cosine depends")
        }

        @Test func aDamagedCheckpointIsPassedOverWithAWarning() throws {
            let whole = try RunResult(survey.longRun())
            let run = try workspace.copy(survey.run(), to: "run")
            let newest = "\(run)/checkpoints/step-22/model.safetensors"
            var model = try bytes(newest)
            model[model.count / 2] ^= 1
            try write(model, to: newest)
            let outcome = try trained(train("--epochs 4 --resume --threads 1 --output \(run)"), ranks: 2)
            #expect(outcome.errorLines(saying: "warning: skipped \(run)/checkpoints/step-22") == 1)
            #expect(try RunResult(run).differences(from: whole) == [])
        }

        /// Numbers that no run can have, in a checkpoint whose checksums are right.
        @Test(arguments: [
            "\"completed_epochs\" : 9223372036854775807", "\"completed_epochs\" : -1", "\"completed_epochs\" : 1",
            """
            "completed_epochs" : 9223372036854775807,
            "epoch_under_way" : {"steps" : 0, "losses" : [], "correct" : [], "seconds" : 0}
            """,
            """
            "completed_epochs" : 2,
            "epoch_under_way" : {"steps" : -9223372036854775808, "losses" : [], "correct" : [], "seconds" : 0}
            """,
        ])
        func aStateThatNoRunCanHaveIsRefused(_ change: String) throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let (state, manifest) = (
                "\(run)/checkpoints/step-22/state.json", "\(run)/checkpoints/step-22/manifest.json"
            )
            let original = try text(state)
            let changed = original.replacing("\"completed_epochs\" : 2", with: change)
            try #require(changed != original)
            try write(Array(changed.utf8), to: state)
            let (before, after) = (fingerprint(original), fingerprint(changed))
            let said = try text(manifest).replacing(before.crc32, with: after.crc32)
                .replacing("\"size\" : \(before.size)\n", with: "\"size\" : \(after.size)\n")
            try write(Array(said.utf8), to: manifest)
            expectError(
                try trainer(train("--epochs 4 --resume --output \(run)")), 65, saying: "step-22",
                "does not tell where in the run it was written")
        }

        private func fingerprint(_ text: String) -> (crc32: String, size: Int) {
            var checksum = CRC32()
            Array(text.utf8).withUnsafeBytes { checksum.update($0) }
            return (checksum.hexadecimal, text.utf8.count)
        }

        @Test func withoutAWholeCheckpointThereIsNothingToResume() throws {
            let run = try workspace.copy(survey.run(), to: "run")
            for step in [11, 22] { try write([], to: "\(run)/checkpoints/step-\(step)/manifest.json") }
            let before = try contents(run)
            expectError(
                try trainer(train("--epochs 4 --resume --output \(run)")), 65, saying: "\(run)/checkpoints",
                "no checkpoint is whole")
            #expect(try contents(run) == before)
        }

        @Test func resumingInAnUnusedFolderStarts() throws {
            let run = workspace.path("run")
            try trained(train("--epochs 2 --resume --threads 1 --output \(run)"))
            #expect(try RunResult(run).differences(from: RunResult(survey.run())) == [])
        }

        @Test func resumingAFinishedRunChangesNothing() throws {
            let run = try workspace.copy(survey.run(), to: "run")
            try trained(train("--epochs 2 --resume --threads 1 --output \(run)"))
            #expect(try RunResult(run).differences(from: RunResult(survey.run())) == [])
        }

        /// Later options win over those of the recipe.
        @Test(arguments: [
            "--seed 1", "--augment symmetries", "--batch-size 32", "--learning-rate 0.002", "--microbatch 4",
            "--normalize notebook",
            "--optimizer momentum", "--no-dropout", "--model simple", "--classes 1", "--split 0.6,0.2,0.2",
            "--freeze conv1", "--train-only fc_*",
        ])
        func otherSettingsAreRefusedByName(_ change: String) throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let before = try contents(run)
            let outcome = try trainer(train("\(change) --epochs 4 --resume --output \(run)"))
            let option = String(change.split(separator: " ")[0])
            expectError(outcome, 64, saying: "--resume \(run)", "other settings or other data", option, "(now ")
            #expect(try contents(run) == before)
        }

        /// The run was begun with Adam at 0.001 on stamps of mean 0, without a recipe.
        @Test(arguments: [
            ("--learning-rate 0.1", "--learning-rate 0.001 (now 0.1);"), ("--seed 7", "--seed 0 (now 7);"),
            ("--no-dropout", "without --no-dropout (now --no-dropout);"),
            ("--augment symmetries", "without --augment (now --augment symmetries);"),
            ("--model simple", "--model vgg6 (now simple);"), ("--batch-size 32", "--batch-size 64 (now 32);"),
            ("--classes 1", "--classes 2 (now 1);"), ("--ema 0.9", "without --ema (now --ema 0.9);"),
            ("--optimizer sgd --seed 1", "--optimizer adam (now sgd), --seed 0 (now 1);"),
        ])
        func whatDiffersIsSaidAsAUserWouldTypeIt(_ change: String, _ words: String) throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let microbatch = change.hasPrefix("--batch-size") ? " --microbatch 8" : ""
            expectError(
                try trainer(train("\(change)\(microbatch) --epochs 4 --resume --output \(run)")), 64,
                saying: "error: --resume \(run): was begun with other settings or other data: \(words)")
        }

        @Test func aRecipeThatDiffersIsSaidAsOne() throws {
            let (data, run) = ("--data \(survey.folder) --batch-size 64 --epochs 1", workspace.path("run"))
            try trained("train \(data) --recipe notebook --model vgg6 --output \(run)")
            for (options, words) in [
                ("--recipe survey", "--recipe notebook (now survey);"),
                ("--recipe survey --seed 3", "--recipe notebook (now survey), --seed 0 (now 3);"),
                ("--recipe kbmod --model vgg6", "--recipe notebook (now kbmod);"),
            ] {
                let outcome = try trainer("train \(data) \(options) --resume --output \(run)")
                expectError(outcome, 64, saying: "other settings or other data: \(words)")
            }
        }

        /// The rate of every step of a cosine follows from the length of the run.
        @Test func aScheduleThatNeedsTheEpochsNamesThem() throws {
            let line = "train --data \(survey.folder) --model simple --output \(workspace.path("run"))"
            try trained("\(line) --epochs 1")
            expectError(
                try trainer("\(line) --epochs 2 --resume"), 64,
                saying: "data: --epochs 1 (now 2), on which --schedule cosine depends;")
        }

        @Test func itSaysWhereTheRunGoesOn() throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let outcome = try trained(train("--epochs 4 --resume --threads 1 --output \(run)"))
            let lines = outcome.standardOutput.split(separator: "\n")
            #expect(lines[0] == "Resumed after epoch 2/4, step 22 of 44, from \(run)/checkpoints/step-22")
            #expect(lines[1].contains(", of which 22 steps are done,") && lines[2].hasPrefix("Epoch 3/4 "))
            #expect(
                !(try trained(train("--epochs 1 --output \(workspace.path("new"))"))).standardOutput.contains("Resumed")
            )
        }

        @Test func theFileOfTheFirstWeightsNeedNotBeThereAnyMore() throws {
            let run = try workspace.copy(survey.run(), to: "run")
            try trained(train("--epochs 4 --resume --initial-weights gone.safetensors --threads 1 --output \(run)"))
            #expect(try RunResult(run).differences(from: RunResult(survey.longRun())) == [])
        }

        @Test func aHistoryThatWasLostOrTornComesBackFromTheCheckpoint() throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let history = try bytes("\(run)/history.csv")
            try write(Array(history.dropLast(10)) + Array("\n7,1,".utf8), to: "\(run)/history.csv")
            try write([], to: "\(run)/hashes.csv")
            try trained(train("--epochs 4 --resume --threads 2 --output \(run)"))
            #expect(try RunResult(run).differences(from: RunResult(survey.longRun())) == [])
        }

        @Test func otherStampsAreRefusedHoweverAlikeTheirFiles() throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let data = try workspace.copy(survey.folder, to: "data")
            var stamps = try bytes("\(data)/stamps_noise.npy")
            // The lowest bit of one pixel.
            stamps[stamps.count - 4] ^= 1
            try write(stamps, to: "\(data)/stamps_noise.npy")
            let before = try contents(run)
            let outcome = try trainer(
                "train --data \(data) \(Survey.recipe) --epochs 4 --resume --output \(run)", ranks: 2)
            expectError(outcome, 64, saying: "--resume \(run)", "other settings or other data: --data 500 sources")
            #expect(try contents(run) == before)
        }

        @Test func movedStampsAreTheSameStamps() throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let data = try workspace.copy(survey.folder, to: "moved")
            try trained("train --data \(data) \(Survey.recipe) --epochs 3 --resume --output \(run)")
        }

        @Test func fewerEpochsThanAreDoneAreRefused() throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let before = try contents(run)
            expectError(
                try trainer(train("--epochs 1 --resume --output \(run)")), 64, saying: "--epochs 1", "has done 2 epochs"
            )
            #expect(try contents(run) == before)
        }
    }
}
