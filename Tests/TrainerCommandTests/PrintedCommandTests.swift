import ArgumentParser
import Optimizers
import Settings
import StampData
import Testing

@testable import TrainerCommand

extension TrainerCommandTests {
    /// The command that a report prints, and its options as settings.
    @Suite struct PrintedCommandTests {
        /// The settings that options ask for, as parsed: nothing of how the run is carried out.
        private func settings(_ options: [String]) throws -> TrainingSettings {
            let train = try Train.parse(options)
            var settings = try train.trainingSettings()
            let data = train.training.stamps.data
            (settings.data.sources, settings.data.noise) = (data.sources, data.noise)
            settings.execution = ExecutionSettings()
            return settings
        }

        @Test(arguments: [
            "", "--recipe survey", "--recipe notebook", "--recipe kbmod",
            "--optimizer momentum --nesterov --momentum 0.5", "--optimizer adamw",
            "--optimizer lars --momentum 0", "--optimizer lamb --weight-decay 0.5", "--recipe notebook --momentum 0",
            "--schedule step --schedule-factor 0.5 --schedule-every 30steps --warmup 2epochs --scale-learning-rate",
            "--schedule exponential --warmup 0.05", "--schedule one-cycle", "--recipe survey --schedule constant",
            "--label-smoothing 0.1 --class-weights balanced --clip-norm 1 --ema 0.999", "--class-weights 1,2",
            "--early-stopping val_accuracy --patience 3 --min-delta 0.5 --reduce-on-plateau 0.5,2",
            "--batch-size full --microbatch 8 --classes 1 --epochs 3 --learning-rate 0.3 --model resnet50",
            "--split 0.5,0.25,0.25 --seed 5 --split-seed 6 --normalize robust --no-dropout --skip-bad",
            "--normalize percentile=1,99.5 --normalize-over stamp --channels 0 --fill median --mask-channel --crop 15x17 "
                + "--pad 24",
            "--calibrate --target-completeness 0.9", "--target-purity 0.9", "--initial-weights w.safetensors",
            "--augment all", "--augment shifts,contrast --augment-shift 2 --augment-contrast 0.5",
            "--split-by t.csv:part --ids t.csv:name", "--recipe survey --no-stratify --group-by t.csv:object",
            "--augment symmetries", "--gradients bfloat16 --output elsewhere",
        ])
        func itIsParsedToTheSameSettings(_ options: String) throws {
            let files = ["--sources", "a.npy", "it's b.npy", "--noise", "c.npy"]
            let asked = try settings(files + options.split(separator: " ").map(String.init))
            #expect(try settings(asked.options) == asked)
        }

        /// What a recipe settles is spelled out, so that another program's recipes are no matter.
        @Test func aRecipeIsSpelledOut() throws {
            let words = try settings(["--recipe", "survey"]).options
            #expect(words.starts(with: ["--recipe", "notebook"]))
            #expect(words.contains("--no-dropout") && words.contains("--calibrate"))
        }

        @Test func surveyIsTheRecipeThatIsNotNamed() throws {
            #expect(try settings([]) == settings(["--recipe", "survey"]))
            #expect(try settings([]) != settings(["--recipe", "notebook"]))
        }

        @Test func everyOptionReachesItsSetting() throws {
            let execution = try Train.parse([
                "--threads", "3", "--memory", "512M", "--ranks-per-node", "2", "--stall-timeout", "10", "--resume",
                "--no-tensorboard", "--quiet", "--trace", "t.json", "--trace-steps", "5", "--checkpoint-every", "90s",
                "--keep-checkpoints", "4", "--verify-every", "100", "--log-mlflow", "mlruns",
            ]).trainingSettings()
            #expect(execution.execution.threads == 3 && execution.execution.memory?.bytes == 512 << 20)
            #expect(execution.execution.ranksPerNode == 2 && execution.execution.stallTimeout == 10)
            #expect(execution.execution.resume && !execution.execution.tensorBoard)
            #expect(!execution.execution.showsProgress)
            #expect(execution.execution.trace == "t.json" && execution.execution.traceSteps == 5)
            #expect(execution.checkpointInterval == .seconds(90) && execution.keepCheckpoints == 4)
            #expect(execution.verifyEvery == 100 && execution.execution.logMLflow == "mlruns")
        }
    }
}
