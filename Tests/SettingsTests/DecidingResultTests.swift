import Optimizers
import Settings
import StampData
import Testing

/// The texts are in checkpoints of earlier versions: they stay as they are.
@Suite struct DecidingResultTests {
    private func deciding(_ settings: TrainingSettings) throws -> [String: String] {
        try settings.resolved(batchSize: 15, microbatch: 4, classes: 2, bits: settings.bits ?? .portable)
            .decidingResult(someFindings)
    }

    @Test func whatIsNotAskedForIsNotCompared() throws {
        var deciding = try deciding(TrainingSettings())
        let network = try #require(deciding["--model"])
        deciding["--model"] = nil
        #expect(network.hasPrefix("simple (") && network.count == "simple ()".count + 8)
        #expect(
            deciding == [
                "--data": "9 sources and 12 noise stamps of 5×5 (0123456789abcdef)", "--batch-size": "15",
                "--microbatch": "4", "--learning-rate": "0.01", "--optimizer": "sgd(momentum: 0.0, nesterov: false)",
                "--classes": "2", "--split": "0.7,0.1,0.2", "--seed": "0", "--no-dropout": "false",
                "--normalize": "notebook", "--skip-bad": "false",
            ])
    }

    @Test func whatIsAskedForIsCompared() throws {
        var deciding = try deciding(unusualSettings())
        deciding["--model"] = nil
        // With which layers that are.
        let frozen = deciding.removeValue(forKey: "--freeze")
        #expect(try #require(frozen).hasPrefix("conv1,block?_* (layers "))
        #expect(
            deciding == [
                "--data": "9 sources and 12 noise stamps of 5×5 (0123456789abcdef)", "--batch-size": "15",
                "--microbatch": "4", "--learning-rate": "0.3", "--optimizer": "sgd(momentum: 0.5, nesterov: true)",
                "--classes": "2", "--split": "0.5,0.25,0.25", "--seed": "5", "--split-seed": "6",
                "--no-dropout": "true", "--normalize": "robust", "--skip-bad": "true",
                "--augment": "symmetries, noise 2.0", "--gradients": "bfloat16", "--bits": "blas",
                "--schedule": "step, factor 0.5 every 30steps, warm-up 2epochs, scaled by batch/256",
                "--label-smoothing": "0.1", "--class-weights": "1.0,2.0", "--weight-decay": "0.25",
                "--clip-norm": "1.0", "--ema": "0.5", "--early-stopping": "accuracy 3 0.5",
                "--reduce-on-plateau": "0.5,2 of accuracy", "--folds": "5", "--fold": "2", "--stratify": "true",
                "--sampling": "noise=0.75,source=0.25", "--loss": "focal=2.0", "--normalize-over": "stamp",
                "--channels": "2,SCI", "--fill": "median", "--mask-channel": "true", "--crop": "21x25", "--pad": "32",
                "--normalize-features": "none", "--fill-features": "median",
            ])
    }

    @Test func aScheduleOverTheWholeRunDependsOnItsLength() throws {
        var settings = TrainingSettings()
        settings.schedule.kind = .cosine
        #expect(try deciding(settings)["--schedule"] == "cosine over 10 epochs")
    }

    @Test func howLongAndWhereARunTrainsDoesNotDecideIt() throws {
        var settings = TrainingSettings()
        let before = try deciding(settings)
        (settings.epochs, settings.output, settings.data.sources) = (99, "elsewhere", ["moved.npy"])
        (settings.checkpointInterval, settings.keepCheckpoints, settings.verifyEvery) = (.steps(1), 9, 1)
        settings.decision.calibrate = true
        settings.initialWeights = "gone.safetensors"
        settings.execution = try unusualSettings().execution
        #expect(try deciding(settings) == before)
    }
}
