import Optimizers
import Reports
import Settings
import StampData
import TestSupport
import Testing

@Suite struct RunCommandTests {
    private func settings() throws -> TrainingSettings {
        try withTemporaryFolder { folder in
            try RunResults.read(MadeUpRun().write(into: folder)).configuration.settings
        }
    }

    @Test func everySettingIsInTheCommand() throws {
        var settings = try settings()
        settings.data.sources = ["a.npy", "it's b.npy"]
        settings.data.noise = ["$x.npz:empty"]
        settings.optimizer = .sgd(momentum: 0.5, nesterov: true)
        settings.initialWeights = "w.safetensors"
        settings.dropout = false
        settings.skipBad = true
        settings.augmentation = Augmentation(symmetries: true, noise: 2)
        #expect(
            RunCommand.line(settings, output: "again")
                == "swift-run-trainer train --recipe notebook --sources a.npy 'it'\\''s b.npy' --noise '$x.npz:empty' "
                + "--model vgg6 --epochs 2 --batch-size 1 --microbatch 1 --learning-rate 0.1 --optimizer momentum --momentum 0.5 "
                + "--nesterov --classes 2 --split 1.0,0.0,0.0 --seed 7 --initial-weights w.safetensors --no-dropout "
                + "--normalize notebook --augment symmetries,noise --augment-noise 2.0 --skip-bad --output again")
    }

    @Test func theDefaultsAreSpelledOut() throws {
        var settings = try settings()
        settings.optimizer = .adam()
        let line = RunCommand.line(settings, output: "again")
        #expect(line.contains(" --optimizer adam --classes 2 ") && !line.contains("--no-dropout"))
        settings.optimizer = .sgd()
        #expect(RunCommand.line(settings, output: "again").contains(" --optimizer sgd --classes 2 "))
    }

    @Test func theObjectiveIsInTheCommand() throws {
        var settings = try settings()
        settings.optimizer = .lars(momentum: 0.8)
        (settings.schedule.kind, settings.schedule.warmup) = (.step, .epochs(2))
        settings.schedule.scalesWithBatch = true
        (settings.schedule.factor, settings.schedule.every) = (0.5, .steps(30))
        (settings.objective.labelSmoothing, settings.objective.classWeights) = (0.1, .given([1, 2]))
        (settings.regularization.weightDecay, settings.regularization.clipNorm) = (0.25, 1)
        settings.regularization.averaging = 0.5
        settings.stopping.early = Stopping.Early(metric: .accuracy, patience: 3, minimumDelta: 0.5)
        settings.stopping.plateau = Stopping.Plateau(metric: .accuracy, factor: 0.5, patience: 2)
        let options =
            " --optimizer lars --momentum 0.8 --classes 2 --schedule step --schedule-factor 0.5 --schedule-every 30steps "
            + "--warmup 2epochs --scale-learning-rate --label-smoothing 0.1 --class-weights 1.0,2.0 --weight-decay 0.25 "
            + "--clip-norm 1.0 --ema 0.5 --early-stopping accuracy --patience 3 --min-delta 0.5 "
            + "--reduce-on-plateau 0.5,2 --split "
        #expect(RunCommand.line(settings, output: "again").contains(options))
    }
}
