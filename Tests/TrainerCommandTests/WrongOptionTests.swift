import TestSupport
import Testing

extension TrainerCommandTests {
    /// Options that cannot be: exit code 64, one line, and no output folder.
    @Suite struct WrongOptionTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private func train(_ options: String, ranks: Int? = nil) throws -> String {
            let output = workspace.path("run")
            let outcome = try trainer("train --data \(survey.folder) --output \(output) \(options)", ranks: ranks)
            expectError(outcome, 64)
            #expect(!exists(output))
            return outcome.standardError
        }

        @Test(arguments: [
            ("stamps", "'stamps'"), ("--epochs", "'--epochs"),
            ("--epochs two", "'two' is invalid for '--epochs"), ("--learning-rate fast", "'--learning-rate"),
            ("--optimizer sdg", "sgd, momentum, adam, adamw, lamb, lars"),
            ("--schedule linear", "one-cycle"), ("--early-stopping validation_loss", "val_loss, val_accuracy"),
            ("--fill mean", "'zero', 'median' or 'minimum'"), ("--normalize-over row", "'channel' and 'stamp'"),
            ("--seed -1", "'-1' is invalid for '--seed"),
        ])
        func whatTheParserRefusesIsOneLine(_ options: String, _ words: String) throws {
            let error = try train(options)
            #expect(error.contains(words))
            #expect(error.hasSuffix("see swift-run-trainer --help\n") && !error.contains(".;"))
        }

        @Test(arguments: [
            ("--epochs", "0"), ("--epochs", "-5"), ("--threads", "0"), ("--threads", "-1"), ("--threads", "100000"),
            ("--microbatch", "0"), ("--learning-rate", "0.0"), ("--learning-rate", "-1.0"), ("--learning-rate", "nan"),
            ("--learning-rate", "inf"), ("--batch-size", "0"), ("--batch-size", "-3"), ("--batch-size", "many"),
            ("--batch-size", "99999999999999999999"), ("--batch-size", "701"), ("--classes", "3"),
            ("--warmup", "5minutes"), ("--label-smoothing", "1.0"), ("--class-weights", "1,2,3"),
            ("--class-weights", "-1,1"), ("--weight-decay", "-0.5"), ("--clip-norm", "0.0"), ("--ema", "1.0"),
            ("--reduce-on-plateau", "2,3"), ("--reduce-on-plateau", "0.5"),
            ("--model", "vgg7"), ("--split", "0.5,0.5"), ("--split", "a,b,c"),
            ("--augment", "blur"), ("--augment", "noise,"), ("--augment-shift", "0.0"), ("--augment-noise", "-1.0"),
            ("--augment-contrast", "1.0"), ("--augment-noise", "nan"),
            ("--normalize", "sum"), ("--normalize", "percentile=9"), ("--normalize", "scale=1,0"),
            ("--normalize", "standard=0,1"), ("--crop", "0"), ("--crop", "22"), ("--crop", "21x22"), ("--pad", "20"),
            ("--pad", "-1"), ("--pad", "wide"), ("--channels", "1"), ("--channels", "SCI,DIFF"), ("--channels", "0,0"),
            ("--split", "0.5,,0.5"), ("--split", "0.0,0.5,0.5"), ("--split", "-1.0,1.0,1.0"),
        ])
        func aValueOutOfRangeIsNamedWithItsOption(_ option: String, _ value: String) throws {
            #expect(try train("\(option) \(value)").hasPrefix("error: \(option) \(value): "))
        }

        @Test(arguments: [
            ("--nesterov", "--nesterov"), ("--mask-channel", "--mask-channel"),
            ("--optimizer adam --momentum 0.5", "--momentum"), ("--momentum 0.5", "--momentum"),
            ("--recipe notebook --momentum 2", "--momentum 2.0: must be from 0 to 1"),
            ("--recipe notebook --momentum nan", "--momentum nan: must be from 0 to 1"),
            ("--optimizer adam --nesterov", "--nesterov"), ("--sources stamps.npy --noise stamps.npy", "--data"),
            ("--noise stamps.npy", "--data"), ("--augment none --augment-shift 0.5", "--augment-shift"),
            ("--augment symmetries --augment-noise 2", "--augment-noise"),
            ("--schedule-factor 0.5", "--schedule-factor"),
            ("--schedule cosine --schedule-every 1epoch", "--schedule-every"), ("--patience 3", "--patience"),
            ("--min-delta 0.1", "--min-delta"), ("--optimizer lamb --momentum 0.5", "--momentum"),
            ("--optimizer lars --nesterov", "--nesterov"),
            ("--early-stopping val_loss --split 0.8,0,0.2", "--early-stopping"),
        ])
        func optionsThatDoNotGoTogetherAreNamed(_ options: String, _ name: String) throws {
            #expect(try train(options).hasPrefix("error: \(name)"))
        }

        @Test func oneClassAloneIsRefused() throws {
            for (given, missing) in [("--sources", "--noise"), ("--noise", "--sources")] {
                let outcome = try trainer("train \(given) \(survey.noise) --output \(workspace.path("run"))")
                expectError(outcome, 64, saying: "error: \(given): stands alone", missing)
            }
        }

        @Test func anEmptyOutputIsRefused() throws {
            expectError(try trainer(["train", "--data", survey.folder, "--output", ""]), 64, saying: "--output")
        }

        @Test(arguments: ["--wrong", "--epochs 0", "--batch-size 701"])
        func ranksReportOnce(_ options: String) throws {
            #expect(try train(options, ranks: 3).contains(options.split(separator: " ")[0]))
        }

        @Test(arguments: [
            ("predict --input stamps.npy --output x", "--model: is missing"),
            ("predict --model m --output x", "--input: is missing; name files of stamps"),
            ("predict --model m --input stamps.npy", "--output"), ("evaluate", "--model: is missing"),
            ("evaluate --model m --data d --threads 0", "--threads 0"), ("summary --model vgg7", "--model vgg7"),
            ("summary --classes 0", "--classes 0"), ("simulate --output d --sources 0", "--sources 0"),
            ("simulate --output d --size 3", "--size 3"), ("simulate --output d --kinds stars=1", "\"stars\""),
            ("simulate --output d --kinds trail=-1", "--kinds trail=-1"), ("simulate --output d --kinds=", "--kinds"),
            ("simulate --output d --fwhm 6,2", "--fwhm 6,2"), ("simulate --output d --snr 3", "--snr 3"),
            ("simulate --output d --snr 0,9", "--snr 0,9"), ("practise", "practise: is no command"),
            ("simulate --output d --channels quad", "'single' and 'triplet'"),
            ("simulate --output d --max-offset 9", "--max-offset 9"),
            ("simulate --output d --max-offset=-1", "--max-offset -1"),
            ("simulate --output d --exposures 0", "--exposures 0"),
            ("simulate --output d --exposures 9,3", "--exposures 9,3"),
            ("simulate --output d --exposures 2,3,4", "--exposures 2,3,4"),
            ("simulate --output d --snr-slope nan", "--snr-slope nan"),
            ("simulate --output d --channels triplet --exposures 5", "--exposures"),
            ("simulate --output d --channels triplet --background f.npy", "--background"),
            ("simulate --output d --image f.npy", "needs the point-spread function"),
            ("simulate --output d --image f.npy --background f.npy", "--image are two sources"),
            ("simulate --output d --background-share 2", "--background-share 2"),
            ("simulate --output d --psf 0.5", "--psf 0.5"), ("simulate --output d --psf 2 --fwhm 2,3", "--fwhm 2,3"),
            ("simulate --output d --channels triplet --kinds empty-sky=1", "\"empty-sky\""),
            ("simulate --output d --kinds transient=1", "\"transient\""),
        ])
        func otherCommandsNameTheOptionToo(_ line: String, _ words: String) throws {
            expectError(try trainer(line), 64, saying: words)
        }
    }
}
