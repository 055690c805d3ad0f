import TestSupport
import Testing

extension TrainerCommandTests {
    /// Places that cannot be written, or are taken.
    @Suite struct WrongOutputTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        @Test(arguments: [nil, 2]) func aFolderBelowAFileCannotBeMade(ranks: Int?) throws {
            let output = "\(survey.noise)/below/run"
            expectError(
                try trainer("train --data \(survey.folder) --output \(output)", ranks: ranks), 74, saying: output,
                "Not a directory")
        }

        @Test func aFileIsNoFolder() throws {
            let before = try bytes(survey.noise)
            expectError(
                try trainer("train --data \(survey.folder) --output \(survey.noise)"), 74, saying: survey.noise)
            #expect(try bytes(survey.noise) == before)
        }

        @Test(arguments: [nil, 2]) func aUsedFolderIsRefusedAndLeftAsItWas(ranks: Int?) throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let before = try contents(run)
            let outcome = try trainer("train --data \(survey.folder) --output \(run)", ranks: ranks)
            expectError(outcome, 64, saying: "--output \(run)", "already holds a run", "--resume")
            #expect(try contents(run) == before)
        }

        /// What a user has put into the folder beforehand stays when the run is refused.
        @Test func aFolderThatWasThereStays() throws {
            try write([1], to: workspace.path("notes"))
            let outcome = try trainer("train --data \(survey.folder) --batch-size 9999 --output \(workspace.path)")
            expectError(outcome, 64, saying: "--batch-size 9999")
            #expect(try names(in: workspace.path) == ["notes"])
        }

        @Test(arguments: [nil, 2]) func predictionsThatCannotBeWrittenAreRefusedBeforeTheWork(ranks: Int?) throws {
            let model = "\(try survey.run())/model.safetensors"
            for output in [workspace.path("missing/p.npy"), workspace.path] {
                // Damaged stamps: had it worked first, it would have warned of them.
                let outcome = try trainer(
                    "predict --model \(model) --input \(survey.damagedNoise) --output \(output)", ranks: ranks)
                expectError(outcome, 74, saying: output)
            }
            #expect(try names(in: workspace.path) == [])
        }

        @Test func simulationsOverwriteNothing() throws {
            let before = try bytes(survey.noise)
            expectError(try trainer("simulate --output \(survey.folder)"), 74, saying: "already exists")
            #expect(try bytes(survey.noise) == before)
            expectError(
                try trainer("simulate --output \(survey.noise)/below"), 74, saying: survey.noise,
                "a part of the path is a file")
        }
    }
}
