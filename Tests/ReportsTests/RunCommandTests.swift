import Optimizers
import Reports
import RunRecords
import StampData
import Testing

@Suite struct RunCommandTests {
    private func settings() throws -> RunSettings {
        try withTemporaryFolder { folder in
            try RunResults.read(MadeUpRun().write(into: folder)).configuration.settings
        }
    }

    @Test func everySettingIsInTheCommand() throws {
        var settings = try settings()
        settings.sources = ["a.npy", "it's b.npy"]
        settings.noise = ["$x.npz:empty"]
        settings.optimizer = .sgd(momentum: 0.5, nesterov: true)
        settings.initialWeights = "w.safetensors"
        settings.dropout = false
        settings.skipBad = true
        settings.augmentation = Augmentation(symmetries: true, noise: 2)
        #expect(
            RunCommand.line(settings, output: "again")
                == "swift-run-trainer train --sources a.npy 'it'\\''s b.npy' --noise '$x.npz:empty' --model vgg6 "
                + "--epochs 2 --batch-size 1 --microbatch 1 --learning-rate 0.1 --optimizer momentum --momentum 0.5 "
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
}
