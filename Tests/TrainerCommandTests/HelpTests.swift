import Foundation
import Settings
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct HelpTests {
        @Test(arguments: TestLauncher.installed, ["--help", "help train", "summary --model simple"])
        func ranksPrintOnce(launcher: TestLauncher, line: String) throws {
            let alone = try trained(line)
            #expect(!alone.standardOutput.isEmpty && alone.standardError == "")
            let together = try trained(line, ranks: 3, launcher)
            #expect(together.standardOutput == alone.standardOutput && together.standardError == "")
        }

        /// A process on its own opens no MPI library; one with a launcher tells that of the launcher.
        @Test(arguments: TestLauncher.installed) func theVersionTellsTheMPILibrary(launcher: TestLauncher) throws {
            let alone = try trained("--version").standardOutput.split(separator: "\n")
            #expect(alone.count == 2 && alone[0].hasPrefix("swift-run-trainer "))
            #expect(alone[1].hasPrefix("MPI: not started by a launcher, so none is opened"))
            let together = try trained("--version", ranks: 3, launcher).standardOutput.split(separator: "\n")
            #expect(together.count == 2 && together[0] == alone[0])
            #expect(together[1].contains(/^MPI: .*\(\/.+\)$/) && together[1].contains(launcher.rawValue))
        }

        /// All that happens without a launcher happens without MPI: no such library is among the files that are mapped.
        @Test func aProcessOnItsOwnOpensNoMPILibrary() throws {
            let program = try path(ofProgram: "swift-run-trainer")
            let traced = try shell(script: "LD_DEBUG=files exec \(program) bench --seconds 0.05 --models simple")
            #expect(traced.status == 0)
            #expect(traced.standardError.contains("libc.so") && !traced.standardError.contains("libmpi"))
        }

        @Test func helpNamesCommandsAndExitCodes() throws {
            let help = try trained("--help").standardOutput
            for word in [
                "train", "predict", "evaluate", "occlusion", "report", "summary", "simulate", "bench", "verify", "64",
                "65", "66",
                "70", "71", "74", "75",
            ] {
                #expect(help.contains(word), "\(word)")
            }
        }

        /// Options stay: scripts use them.
        @Test func helpNamesTheseOptionsOfTrainingAndNoOthers() throws {
            let help = try trained("train --help").standardOutput
            // Two spaces part an option from what it does.
            let named = help.split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
                line.dropFirst(2).split(separator: "  ")[0].matches(of: /--[a-z-]+/).map {
                    String($0.output.dropFirst(2))
                }
            }
            #expect(
                named.sorted() == [
                    "augment", "augment-contrast", "augment-noise", "augment-shift", "batch-size", "bits", "by",
                    "calibrate", "channel", "channels", "checkpoint-every", "class", "class-names", "class-weights",
                    "classes", "clip-norm", "combine", "crop", "data", "dropout", "early-stopping", "ema", "epochs",
                    "features", "fill", "fill-features", "fold", "folds", "freeze", "from-logits", "gradients",
                    "group-by", "help", "ids", "initial-weights", "keep-checkpoints", "label-smoothing", "labels",
                    "layout", "learning-rate", "log-mlflow", "loss", "mask-channel", "members", "memory",
                    "microbatch", "min-delta", "model", "momentum", "nesterov", "no-calibrate", "no-dropout",
                    "no-report", "no-stratify", "no-tensorboard", "noise", "normalize", "normalize-features",
                    "normalize-over", "optimizer", "output", "pad", "patience", "quiet", "ranks-per-node", "recipe",
                    "reduce-on-plateau", "resume", "sample-weights", "sampling", "scale-learning-rate", "schedule",
                    "schedule-every", "schedule-factor", "seed", "skip-bad", "sources", "split", "split-by",
                    "split-seed", "stall-timeout", "stamps", "stratify", "target-completeness", "target-purity",
                    "test-channel", "test-class", "test-data", "test-features", "test-ids", "test-labels",
                    "test-noise", "test-sources", "test-stamps", "threads", "trace", "trace-steps", "train-only",
                    "validation-channel", "validation-class", "validation-data", "validation-features",
                    "validation-ids", "validation-labels", "validation-noise", "validation-sources",
                    "validation-stamps", "verbose", "verify-every", "version", "warmup", "weight-decay",
                ])
        }

        @Test func helpNamesEveryOptionThatSettingsKnow() throws {
            let help = try trained("train --help").standardOutput
            for option in TrainingSettings.all.flatMap(\.options) {
                #expect(help.firstMatch(of: try Regex("[ /]\(option.name)[ \n/]")) != nil, "\(option.name)")
            }
        }

        @Test func withoutASubcommandItTrains() throws {
            let workspace = try TemporaryFolder()
            let data = try Survey.shared().folder
            let outcome = try trained(
                "--data \(data) --model simple --epochs 1 --output \(workspace.path("run"))", ranks: 2)
            #expect(exists(workspace.path("run/model.safetensors")))
            #expect(outcome.standardOutput.split(separator: "\n").count { $0.hasPrefix("Epoch 1/1") } == 1)
            #expect(outcome.standardOutput.hasSuffix("results in \(workspace.path("run"))\n"))
        }

        /// Parameter counts of the notebook.
        @Test(arguments: [("simple", "27,452"), ("simple-bn", "27,572"), ("vgg6", "25,458")])
        func theSummaryCountsParameters(_ model: String, _ count: String) throws {
            #expect(try trained("summary --model \(model)").standardOutput.contains("Total params: \(count)\n"))
        }

        @Test func theSummaryIsOfChannelsAndFeatures() throws {
            let summary = try trained("summary --model vgg6 --size 63 --channels 3 --features 4").standardOutput
            #expect(summary.contains("(None, 63, 63, 3)") && summary.contains("(None, 4)"))
            #expect(
                try trained("summary --channels 1 --features 0").standardOutput == trained("summary").standardOutput)
            expectError(try trainer("summary --channels 0"), 64, saying: "--channels 0: must be from 1 to 16384")
            expectError(try trainer("summary --features -1"), 64, saying: "--features -1: must be from 0 to 16384")
        }

        @Test func simulationsDependOnTheSeedAlone() throws {
            let workspace = try TemporaryFolder()
            for (name, seed) in [("a", 3), ("b", 3), ("c", 4)] {
                try trained("simulate --output \(workspace.path(name)) --sources 30 --noise 20 --seed \(seed)")
            }
            #expect(try contents(workspace.path("a")) == contents(workspace.path("b")))
            #expect(try contents(workspace.path("a")) != contents(workspace.path("c")))
            #expect(
                try names(in: workspace.path("a")) == [
                    "kinds_noise.csv", "kinds_sources.csv", "snr_sources.npy", "stamps_noise.npy", "stamps_sources.npy",
                ])
            #expect(try numbers(workspace.path("a/stamps_sources.npy")).shape == [30, 21, 21])
            #expect(try numbers(workspace.path("a/stamps_noise.npy")).shape == [20, 21, 21])
            #expect(try numbers(workspace.path("a/snr_sources.npy")).values.allSatisfy { $0 >= 3 && $0 <= 300 })
        }

        @Test func simulationsHaveTheKindsAndRangesAskedFor() throws {
            let workspace = try TemporaryFolder()
            let output = workspace.path("stamps")
            try trained(
                "simulate --output \(output) --sources 40 --noise 40 --kinds trail=2,dipole=1 --fwhm 2,2.5 --snr 9,10")
            let noise = try String(contentsOfFile: "\(output)/kinds_noise.csv", encoding: .utf8)
            for line in noise.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: ",")
                #expect(["trail", "dipole"].contains(fields[1]))
                #expect((2...2.5).contains(try #require(Double(fields[2]))))
            }
            #expect(try numbers("\(output)/snr_sources.npy").values.allSatisfy { $0 >= 9 && $0 <= 10 })
        }

        /// Stamps on blank stamps, and on an image: the same for any ranks, with a table of where they lie.
        @Test(arguments: [nil, 2]) func simulationsOnRealSkySayWhereTheyLie(ranks: Int?) throws {
            let workspace = try TemporaryFolder()
            let noise = try Survey.shared().noise
            let image = workspace.path("image.npy")
            let values = try numbers(noise).values.map { Float($0 - $0.rounded(.down)) }
            try NpyFile.write(floats: Array(values.prefix(300 * 200)), shape: [200, 300], to: image)
            for (name, options, columns) in [
                (
                    "blank", "--background \(noise) --background-share 0.5 --max-offset 1",
                    "^(noise|sources),[0-9]+,[^,]+,,,,"
                ),
                (
                    "tiles", "--image \(image) --psf 2.5 --snr 50,60",
                    "^(noise|sources),[0-9]+,[0-9]+,0,[0-9.]+,[0-9.]+,"
                ),
            ] {
                let output = workspace.path("\(name)")
                try trained(
                    "simulate --output \(output) --sources 20 --noise 30 --seed 3 \(options)", ranks: ranks)
                let rows = try String(contentsOfFile: "\(output)/backgrounds.csv", encoding: .utf8)
                    .split(separator: "\n")
                #expect(rows[0] == "class,index,background,image,x,y,snr" && rows.count == 51)
                let form = try Regex(columns)
                #expect(rows.dropFirst().allSatisfy { $0.firstMatch(of: form) != nil })
                #expect(rows[1...30].allSatisfy { $0.hasPrefix("noise") && $0.hasSuffix(",0.0") })
                let ratios = try numbers("\(output)/snr_sources.npy").values
                #expect(
                    zip(rows[31...], ratios).allSatisfy {
                        $0.split(separator: ",").last.flatMap { Float($0) } == Float($1)
                    })
            }
            let run = workspace.path("run"), data = workspace.path("tiles")
            try trained(
                "train --data \(data) --model simple --epochs 1 --batch-size 10 --group-by \(data)/backgrounds.csv:background "
                    + "--output \(run)")
            #expect(exists("\(run)/model.safetensors"))
        }

        @Test func coaddsAndMeasuredProfilesAreSimulatedOnRequest() throws {
            let workspace = try TemporaryFolder()
            let output = workspace.path("stamps"), psf = workspace.path("psf.npy")
            let profile = (0..<81).map { pixel in
                let x = Float(pixel % 9 - 4), y = Float(pixel / 9 - 4)
                return 1 / (1 + (x * x + y * y) / 4)
            }
            try NpyFile.write(floats: profile, shape: [9, 9], to: psf)
            try trained(
                "simulate --output \(output) --sources 20 --noise 20 --exposures 5,9 --snr-slope 1 --psf \(psf) "
                    + "--kinds dotted-trail=1,chip-gap=1")
            let noise = try String(contentsOfFile: "\(output)/kinds_noise.csv", encoding: .utf8)
            let rows = noise.split(separator: "\n").dropFirst()
            #expect(rows.allSatisfy { $0.contains(",dotted-trail,") || $0.contains(",chip-gap,") })
            #expect(Set(rows.map { $0.split(separator: ",")[2] }).count == 1)
        }

        @Test func simulatedTripletsHaveThreeChannels() throws {
            let workspace = try TemporaryFolder()
            for name in ["a", "b"] {
                try trained(
                    "simulate --channels triplet --output \(workspace.path(name)) --sources 9 --noise 7 --size 31 "
                        + "--kinds transient=1,dipole=1 --snr 9,10")
            }
            #expect(try contents(workspace.path("a")) == contents(workspace.path("b")))
            #expect(try numbers(workspace.path("a/stamps_sources.npy")).shape == [9, 31, 31, 3])
            #expect(try numbers(workspace.path("a/stamps_noise.npy")).shape == [7, 31, 31, 3])
            #expect(try numbers(workspace.path("a/snr_sources.npy")).values.allSatisfy { $0 >= 9 && $0 <= 10 })
            let kinds = try String(contentsOfFile: workspace.path("a/kinds_noise.csv"), encoding: .utf8)
            #expect(kinds.split(separator: "\n").dropFirst().allSatisfy { $0.contains(",dipole,") })
        }

        @Test func helpListsEveryKindOfStamp() throws {
            let help = try trained("simulate --help").standardOutput
            for kind in [
                "hosted-transient=0.3", "reference-cosmic-ray=0.06", "point-source=0.58", "crowded-source",
                "empty-sky=0.34", "masked-sky", "diffraction-spike", "chip-gap=0.0 (0.05 with --exposures)",
            ] {
                #expect(help.contains(kind))
            }
        }
    }
}
