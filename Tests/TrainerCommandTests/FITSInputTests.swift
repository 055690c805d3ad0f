import TestSupport

#if FITS
    import Foundation
    import Testing

    extension TrainerCommandTests {
        /// Stamps in FITS files, wherever stamps are read.
        @Suite struct FITSInputTests {
            private let workspace: TemporaryFolder
            private let survey: Survey

            init() throws {
                workspace = try TemporaryFolder()
                survey = try Survey.shared()
            }

            /// Sources in one cube, noise in numbered files of an image each HDU: the bits of the same values in `.npy`
            /// files.
            @Test(arguments: [nil, 2]) func theSameValuesTrainToTheSameBits(ranks: Int?) throws {
                let folder = workspace.path("data")
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try write(cube(numbers(survey.sources).values), to: "\(folder)/stamps_sources.fits")
                let noise = try numbers(survey.noise).values
                let cut = 321 * Survey.pixels
                try write(list(noise[..<cut]), to: "\(folder)/stamps_noise-0.fits")
                try write(list(noise[cut...]), to: "\(folder)/stamps_noise-1.fits")
                let run = workspace.path("run")
                try trained(
                    "train --data \(folder) \(Survey.recipe) --epochs 2 --threads 1 --output \(run)", ranks: ranks)
                #expect(try RunResult(run).differences(from: RunResult(survey.run())) == [])
                #expect(try fingerprint(run) == fingerprint(survey.run()))
            }

            @Test func predictionsAndMapsAreThoseOfTheSameValues() throws {
                let values = try numbers(survey.sources).values
                let cut = 40 * Survey.pixels
                try write(cube(values[..<cut]), to: workspace.path("night-1.fits"))
                try write(list(values[cut...]), to: workspace.path("night-2.fits"))
                let (first, second) = (workspace.path("first.npy"), workspace.path("second.npy"))
                let model = "\(try survey.run())/model.safetensors"
                try trained("predict --model \(model) --input \(survey.sources) --output \(first)")
                try trained(
                    "predict --model \(model) --input \(workspace.path("night-*.fits")) --output \(second)", ranks: 2)
                #expect(try bytes(first) == bytes(second))
                let occlusion = "occlusion --model \(model) --index 3"
                try trained("\(occlusion) --input \(survey.sources) --output \(first)")
                try trained("\(occlusion) --input \(workspace.path("night-1.fits")) --output \(second)")
                #expect(try bytes(first) == bytes(second))
            }

            @Test func evaluationTellsTheSame() throws {
                try write(cube(numbers(survey.sources).values), to: workspace.path("sources.fits"))
                let model = "\(try survey.run())/model.safetensors"
                let files = "--noise \(survey.noise) --bootstrap 0 --json"
                let expected = try trained("evaluate --model \(model) --sources \(survey.sources) \(files)")
                let found = try trained(
                    "evaluate --model \(model) --sources \(workspace.path("sources.fits")) \(files)")
                let (a, b) = try (json(expected.standardOutput), json(found.standardOutput))
                #expect(a["roc_auc"] as? Double == b["roc_auc"] as? Double && a["roc_auc"] != nil)
            }

            @Test(arguments: [nil, 2]) func undefinedPixelsAreCounted(ranks: Int?) throws {
                let path = workspace.path("noise.fits")
                var values = try numbers(survey.noise).values
                values[100 * Survey.pixels + 5] = .nan
                try write(list(values[...]), to: path)
                let outcome = try trainer(
                    "train --sources \(survey.sources) --noise \(path) --model simple --epochs 1"
                        + " --output \(workspace.path("run"))",
                    ranks: ranks)
                expectError(outcome, 65, saying: "error: \(path): stamp 100 ")
            }

            @Test(arguments: [nil, 2]) func aDamagedFileIsRefused(ranks: Int?) throws {
                let path = workspace.path("noise.fits")
                try write(Array(cube(numbers(survey.noise).values).dropLast(20_000)), to: path)
                let outcome = try trainer(
                    "train --sources \(survey.sources) --noise \(path) --model simple --output \(workspace.path("run"))",
                    ranks: ranks)
                expectError(outcome, 65, saying: "error: \(path): is truncated: the data of HDU 0 go beyond its end")
            }

            @Test func aPatternWithoutFilesIsNamed() throws {
                let pattern = workspace.path("night-*.fits")
                let outcome = try trainer(
                    "train --sources \(pattern) --noise \(survey.noise) --model simple --output \(workspace.path("run"))"
                )
                expectError(outcome, 66, saying: "error: \(pattern): matches no file")
            }

            private func fingerprint(_ run: String) throws -> String {
                let settings = try #require(try json(text("\(run)/config.json"))["settings"] as? [String: Any])
                return try #require(settings["data_fingerprint"] as? String)
            }

            /// A primary HDU with all stamps.
            private func cube(_ values: [Float]) -> [UInt8] { cube(values[...]) }

            private func cube(_ values: ArraySlice<Float>) -> [UInt8] {
                unit(first: "SIMPLE  =                    T", [21, 21, values.count / Survey.pixels], values)
            }

            /// An image extension for each stamp, behind an empty primary HDU.
            private func list(_ values: ArraySlice<Float>) -> [UInt8] {
                var bytes = unit(first: "SIMPLE  =                    T", [], [])
                for start in stride(from: values.startIndex, to: values.endIndex, by: Survey.pixels) {
                    bytes += unit(first: "XTENSION= 'IMAGE   '", [21, 21], values[start..<start + Survey.pixels])
                }
                return bytes
            }

            /// A header and its data: float32, most significant byte first.
            private func unit(first: String, _ axes: [Int], _ values: ArraySlice<Float>) -> [UInt8] {
                func card(_ key: String, _ value: Int) -> String {
                    let digits = "\(value)"
                    return key.padding(toLength: 8, withPad: " ", startingAt: 0) + "= "
                        + String(repeating: " ", count: 20 - digits.count) + digits
                }
                var cards = [first, card("BITPIX", -32), card("NAXIS", axes.count)]
                cards += axes.enumerated().map { card("NAXIS\($0.offset + 1)", $0.element) }
                if first.hasPrefix("XTENSION") { cards += [card("PCOUNT", 0), card("GCOUNT", 1)] }
                let header = (cards + ["END"]).map { $0.padding(toLength: 80, withPad: " ", startingAt: 0) }.joined()
                var bytes = padded(Array(header.utf8), with: 0x20)
                var data: [UInt8] = []
                for value in values { withUnsafeBytes(of: value.bitPattern.bigEndian) { data += $0 } }
                bytes += padded(data, with: 0)
                return bytes
            }

            private func padded(_ bytes: [UInt8], with byte: UInt8) -> [UInt8] {
                bytes + [UInt8](repeating: byte, count: (2880 - bytes.count % 2880) % 2880)
            }
        }
    }
#endif
