import ArgumentParser
import StampData
import StampFormats
import TestSupport
import Testing

@testable import TrainerCommand

extension TrainerCommandTests {
    @Suite struct StampOptionTests {
        private static func path(_ name: String) -> String { ReferenceValues.path("channels/\(name)") }

        @Test func channelsAreListsOfFiles() throws {
            let folder = try TemporaryFolder()
            let odd = try folder.file("c=1.npy", ReferenceValues.bytes("channels/sci-0.npy"))
            let options = try StampOptions.parse([
                "--channel", "science=\(Self.path("sci-?.npy"))", odd, "--channel", "reference=a.npy", "b/x=2.npy",
            ])
            let channels = try options.source([], option: "--input").channels
            #expect(channels.map(\.name) == ["science", "reference"])
            #expect(channels[0].files == [Self.path("sci-0.npy"), Self.path("sci-1.npy"), odd])
            #expect(channels[1].files == ["a.npy", "b/x=2.npy"])
        }

        @Test(arguments: [
            (["a.npy"], "has no name"), (["=a.npy"], "has no name"), (["a="], "has no file"),
            (["a=1.npy", "a=2.npy"], "gives a a second time"),
        ]) func otherWordsAreRefused(_ words: [String], _ problem: String) throws {
            let options = try StampOptions.parse(["--channel"] + words)
            expectFault(.usage, "--channel \(words.last!)", saying: problem) {
                _ = try options.source([], option: "--input")
            }
        }

        @Test func filesComeFromOneOption() throws {
            expectFault(.usage, "--channel", saying: "does not go with --input") {
                _ = try StampOptions.parse(["--channel", "a=b.npy"]).source(["c.npy"], option: "--input")
            }
            expectFault(.usage, "--stamps", saying: "is missing") {
                _ = try StampOptions.parse([]).source([], option: "--stamps")
            }
            let source = try StampOptions.parse(["--layout", "flat"]).source(["c.npy"], option: "--input")
            #expect(source == StampSource(["c.npy"], layout: .flat))
        }

        @Test func channelsAreSelected() throws {
            #expect(try ChannelsOption.parse(["--channels", "2,science"]).selection()?.channels == ["2", "science"])
            #expect(try ChannelsOption.parse([]).selection() == nil)
            #expect(throws: (any Error).self) { try ChannelsOption.parse(["--channels", "1,,2"]).selection() }
        }

        // MARK: Commands

        /// Rank 0 alone looks at the files.
        @Test(arguments: [nil, 2]) func everyFormOfTheSameStampsGivesTheSameBits(ranks: Int?) throws {
            let workspace = try TemporaryFolder()
            var forms = [("arrays", "\(Self.path("sci-0.npy")) \(Self.path("sci-1.npy"))")]
            #if Keras
                forms += [
                    ("table", Self.path("table.h5:/results/table/coadd")),
                    ("packed", Self.path("table_packed.h5:/results/table/coadd")),
                ]
            #endif
            #if FITS
                forms += [("cube", Self.path("cubes.fits:SCI")), ("images", Self.path("numbered.fits:SCI*"))]
            #endif
            for (name, files) in forms {
                try trained(
                    "train --noise \(files) --sources \(files) --model simple --epochs 1 --batch-size 2"
                        + " --output \(workspace.path(name))",
                    ranks: ranks)
                let result = try RunResult(workspace.path(name))
                #expect(result.differences(from: try RunResult(workspace.path("arrays"))) == [], "\(name)")
            }
            let model = workspace.path("arrays")
            let (plain, channel) = (workspace.path("plain.npy"), workspace.path("channel.npy"))
            try trained("predict --model \(model) --input \(forms[0].1) --output \(plain)", ranks: ranks)
            try trained("predict --model \(model) --channel a=\(forms[0].1) --output \(channel)", ranks: ranks)
            #expect(try numbers(plain).values == numbers(channel).values)
            let map = workspace.path("map.npy")
            try trained(
                "occlusion --model \(model) --channel a=\(forms[0].1) --index 4 --window 3 --output \(map)",
                ranks: ranks)
            #expect(try numbers(map).shape == [8, 6])
        }

        @Test(arguments: [nil, 2]) func aSquareIsReadAsIsSaid(ranks: Int?) throws {
            let workspace = try TemporaryFolder()
            let square = workspace.path("square.npy")
            try NpyFile.write(floats: (0..<256).map { Float($0 * $0 % 97) }, shape: [16, 16], to: square)
            let train = "train --noise \(square) --sources \(square) --model simple --epochs 1 --batch-size 4"
            expectError(
                try trainer("\(train) --output \(workspace.path("none"))", ranks: ranks), 65,
                saying: "error: \(square): has the shape (16, 16), which may be one stamp of 16×16 or 16 of 4×4",
                "--layout stamp or --layout flat")
            let run = workspace.path("run")
            try trained("\(train) --layout flat --output \(run)", ranks: ranks)
            let settings = try #require(try json(text("\(run)/config.json"))["settings"] as? [String: Any])
            #expect(settings["layout"] as? String == "flat" && settings["noise_stamps"] as? Int == 16)
            try trained(
                "evaluate --model \(run) --noise \(square) --sources \(square) --layout flat --json", ranks: ranks)
            #expect(try trained("report --run \(run)").status == 0)
        }

        /// The ten stamps of one form and of another are the same stamps: one model, whatever the form.
        @Test(arguments: [nil, 2]) func threeChannelsTrainFromEveryForm(ranks: Int?) throws {
            let workspace = try TemporaryFolder()
            let forms = ["\(Self.path("nhwc.npy"))", "\(Self.path("nchw.npy")) --layout nchw"]
            let labels = try workspace.file("labels.csv", Array("kind\na\nb\na\nb\na\n".utf8))
            let models = try forms.enumerated().map { number, form in
                let run = workspace.path("run\(number)")
                let outcome = try trained(
                    "train --stamps \(form) --labels \(labels):kind --model simple --normalize minmax --batch-size 2"
                        + " --epochs 1 --output \(run)", ranks: ranks)
                #expect(outcome.standardError.contains("5 stamps of 8×6, 3 channels (0, 1, 2)"))
                return try bytes("\(run)/model.safetensors")
            }
            #expect(models[0] == models[1])
            let single = "--channels 1 --output \(workspace.path("single"))"
            try trained(
                "train --stamps \(forms[0]) --labels \(labels):kind --model simple --normalize minmax --batch-size 2"
                    + " --epochs 1 \(single)", ranks: ranks)
            try trained(
                "predict --model \(workspace.path("single")) --input \(forms[1]) --csv \(workspace.path("p.csv"))",
                ranks: ranks)
            #expect(try text(workspace.path("p.csv")).split(separator: "\n").count == 6)
        }

        /// A model knows its channels by their names, or by their numbers.
        @Test(arguments: [nil, 2]) func networksTakeSeveralChannels(ranks: Int?) throws {
            let workspace = try TemporaryFolder()
            let (three, run) = (Self.path("nhwc.npy"), workspace.path("run"))
            let train = "train --noise \(three) --sources \(three) --model simple --epochs 1 --batch-size 2 --quiet"
            try trained("\(train) --normalize standard --output \(run)", ranks: ranks)
            try trained("\(train) --normalize standard --channels 2,0 --output \(workspace.path("two"))", ranks: ranks)
            func predicted(_ model: String, _ options: String) throws -> [Float] {
                let output = workspace.path("probabilities.npy")
                try trained(
                    "predict --model \(workspace.path(model)) \(options) --quiet --output \(output)", ranks: ranks)
                return try numbers(output).values
            }
            let plain = try predicted("run", "--input \(three)")
            let isFinite = plain.allSatisfy(\.isFinite)
            #expect(plain.count == 10 && isFinite)
            let files = ["sci", "ref", "diff"].map { "--channel \($0)=\(Self.path("\($0)-?.npy"))" }
            #expect(try predicted("run", files.joined(separator: " ")) == plain)
            #expect(try predicted("two", files.joined(separator: " ")) == predicted("two", "--input \(three)"))
            try trained("evaluate --model \(run) --noise \(three) --sources \(three) --json --quiet", ranks: ranks)
            let map = workspace.path("map.npy")
            try trained("occlusion --model \(run) --input \(three) --window 3 --quiet --output \(map)", ranks: ranks)
            #expect(try numbers(map).shape == [5, 8, 6])
            #expect(try trained("report --run \(run)").status == 0)
            for (model, options) in [("run", files[0]), ("run", "\(files[0]) \(files[1])"), ("two", files[0])] {
                expectError(
                    try trainer(
                        "predict --model \(workspace.path(model)) \(options) --output \(workspace.path("none.npy"))",
                        ranks: ranks), 65, saying: "error: \(Self.path("sci-0.npy")): holds", "channel")
            }
            expectError(
                try trainer("\(train) --channels 3 --output \(workspace.path("none"))", ranks: ranks), 64,
                saying: "--channels 3", "0, 1, 2")
        }
    }
}
