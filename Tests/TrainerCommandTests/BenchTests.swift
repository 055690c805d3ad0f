import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// `bench` tells how fast things are; here only that what it tells is whole and hangs together.
    @Suite struct BenchTests {
        private static let quick = "bench --seconds 0.05 --batch-size 64"

        private func report(_ options: String, ranks: Int? = nil) throws -> [String: Any] {
            try json(trained("\(Self.quick) --json \(options)", ranks: ranks).standardOutput)
        }

        private func networks(_ report: [String: Any]) throws -> [[String: Any]] {
            try #require(report["networks"] as? [[String: Any]])
        }

        private func number(_ value: Any?) throws -> Double { try #require(value as? Double) }

        @Test func theReportHasTheKeysOfTheReadme() throws {
            let report = try report("--models simple,vgg6 --layers")
            #expect(report.keys.sorted() == ["cpu_kernel_type", "networks", "peak_gflops", "ranks", "threads"])
            let networks = try networks(report)
            #expect(networks.map { $0["model"] as? String } == ["simple", "vgg6"])
            for network in networks {
                #expect(
                    network.keys.sorted() == [
                        "batch_size", "inference", "layer_kinds", "layers", "microbatch", "model", "other_activities",
                        "parameters", "peak_resident_bytes", "profiled_steps", "shares", "steps",
                        "trainable_parameters",
                        "training",
                    ])
                for key in ["training", "inference"] {
                    let rate = try #require(network[key] as? [String: Any])
                    #expect(
                        rate.keys.sorted() == [
                            "best_samples_per_second", "flop_per_sample", "gflops", "peak_share", "samples_per_second",
                        ])
                }
            }
        }

        @Test func theFilesOfAFolderAreLoadedOnRequest() throws {
            let survey = try Survey.shared()
            let loading = try #require(
                try report("--models simple --data \(survey.folder)")["loading"] as? [String: Any])
            #expect(loading.keys.sorted() == ["best_stamps_per_second", "stamps", "stamps_per_second"])
            #expect(loading["stamps"] as? Int == 2 * Survey.count)
            #expect(try number(loading["best_stamps_per_second"]) >= number(loading["stamps_per_second"]))
        }

        @Test func theirLayoutIsSaidWhereItIsOpen() throws {
            let folder = try TemporaryFolder()
            for name in ["noise", "sources"] {
                let values = (0..<16_000).map { Float($0 * 7919 % 97) }
                try NpyFile.write(floats: values, shape: [200, 4, 5, 4], to: folder.path("stamps_\(name).npy"))
            }
            let options = "--models simple --data \(folder.path) --normalize none"
            expectError(try trainer("\(Self.quick) \(options)"), 65, saying: "--layout")
            let loading = try report("\(options) --layout nchw")["loading"] as? [String: Any]
            #expect(loading?["stamps"] as? Int == 400)
            expectError(
                try trainer("\(Self.quick) --models simple --layout nchw"), 64,
                saying: "--layout nchw: is that of the stamps of --data")
        }

        @Test func theNumbersHangTogether() throws {
            let report = try report("--models simple-bn,vgg6 --threads 2 --layers")
            #expect(report["ranks"] as? Int == 1 && report["threads"] as? Int == 2)
            let peak = try number(report["peak_gflops"])
            #expect(peak > 0)
            for network in try networks(report) {
                let training = try #require(network["training"] as? [String: Any])
                let (rate, cost) = (try number(training["samples_per_second"]), try number(training["flop_per_sample"]))
                let gflops = try number(training["gflops"])
                // Equal but for the rounding of the quotients.
                #expect(abs(rate * cost * 1e-9 / gflops - 1) < 1e-9)
                #expect(try abs(number(training["peak_share"]) * peak / gflops - 1) < 1e-9)
                #expect(try number(training["best_samples_per_second"]) >= rate)
                #expect(try number(network["peak_resident_bytes"]) > 1_000_000)

                let shares = try #require(network["shares"] as? [String: Double])
                #expect(shares.keys.sorted() == ["computing", "messages", "waiting"])
                #expect(shares.values.allSatisfy { $0 >= 0 && $0 <= 1 } && shares.values.reduce(0, +) <= 1)
                let layers = try #require(network["layers"] as? [[String: Any]])
                let kinds = try #require(network["layer_kinds"] as? [[String: Any]])
                let others = try #require(network["other_activities"] as? [[String: Any]])
                #expect(try layers.map { try number($0["flop_per_sample"]) }.reduce(0, +) == cost)
                let total = try (layers + others).map { try number($0["share"]) }.reduce(0, +)
                #expect(total > 0 && total <= 1)
                for part in layers + kinds + others {
                    let (share, lost) = (try number(part["share"]), try number(part["lost_share"]))
                    #expect(lost >= 0 && lost <= share && share <= 1)
                }
                let kindShare = try kinds.map { try number($0["share"]) }.reduce(0, +)
                let layerShare = try layers.map { try number($0["share"]) }.reduce(0, +)
                #expect(abs(kindShare - layerShare) < 1e-9)
            }
        }

        /// Standard networks for other stamps, and a network from a file with what its file says.
        @Test func anyNetworkIsMeasured() throws {
            let file = "\(kerasArchives)/chain.keras"
            let report = try report("--models vgg6,\(file) --stamp-size 23 --channels 2 --classes 5 --threads 1")
            let networks = try networks(report)
            #expect(networks.map { $0["model"] as? String } == ["vgg6", file])
            let summary = try trained("summary --model vgg6 --size 23 --channels 2 --classes 5").standardOutput
            let parameters = try #require(networks.first?["parameters"] as? Int)
            #expect(summary.replacing(",", with: "").contains("Total params: \(parameters)\n"))
        }

        @Test func singleLayersAreMeasuredOnRequest() throws {
            let report = try json(trained("bench --shapes --seconds 0.0001 --threads 1 --json").standardOutput)
            #expect((report["networks"] as? [Any])?.isEmpty == true)
            let shapes = try #require(report["shapes"] as? [[String: Any]])
            #expect(Set(shapes.compactMap { ($0["layer"] as? String)?.split(separator: " ").first }).count == 3)
            for shape in shapes {
                #expect(
                    shape.keys.sorted() == [
                        "forward", "input", "input_gradient", "layer", "outputs", "samples", "weight_gradient",
                    ])
                let rate = try #require(shape["forward"] as? [String: Double])
                #expect(rate["gflops"]! > 0 && rate["peak_share"]! > 0)
            }
            // Each layer is measured in a cache and in memory.
            let streams = try #require(report["streams"] as? [[String: Any]])
            let layers = streams.compactMap { $0["layer"] as? String }
            #expect(Set(layers).isSuperset(of: ["add", "batch normalisation", "dropout", "max pooling 2×2/2"]))
            for stream in streams {
                let bytes = try #require(stream["bytes"] as? Int)
                #expect((1 << 17...1 << 18).contains(bytes) || (1 << 25..<1 << 27).contains(bytes))
                for pass in ["forward", "backward"] {
                    let rate = try #require(stream[pass] as? [String: Double])
                    #expect(rate["gigabytes_per_second"]! > 0 && rate["bandwidth_share"]! > 0)
                }
            }
        }

        @Test func ranksMeasureTheAllReduceAndOneReports() throws {
            let report = try report("--models simple --threads 1", ranks: 2)
            #expect(report["ranks"] as? Int == 2)
            let network = try #require(try networks(report).first)
            let allReduce = try #require(network["all_reduce"] as? [String: Any])
            // 27,452 floats: the other rank's half goes out, then the own half.
            #expect(allReduce["bytes"] as? Int == 4 * 27_452)
            #expect(try number(allReduce["seconds"]) > 0 && number(allReduce["gigabytes_per_second"]) > 0)
            let hidden = try number(network["communication_hidden"])
            #expect(hidden >= 0 && hidden <= 1)
        }

        /// Two ranks that count as two nodes, and one process that is told of a link.
        @Test(arguments: [("--ranks-per-node 1 --gradients bfloat16", 2), ("--link 25,2", nil)] as [(String, Int?)])
        func scalingIsPredicted(_ options: String, ranks: Int?) throws {
            let report = try report("--models simple-bn --threads 1 --microbatch 8 --scaling \(options)", ranks: ranks)
            let network = try #require(try networks(report).first)
            let scaling = try #require(network["scaling"] as? [String: Any])
            #expect(
                scaling.keys.filter { $0 != "overlap" }.sorted() == [
                    "check", "forecasts", "network", "ranks_per_node", "seconds_per_microbatch", "seconds_per_step",
                ])
            #expect((scaling["overlap"] != nil) == (ranks != nil))
            let link = try #require(scaling["network"] as? [String: Any])
            #expect(try number(link["latency"]) > 0 && number(link["bytes_per_second"]) > 0)
            if ranks == nil { #expect(try abs(number(link["bytes_per_second"]) / 25e9 * 8 - 1) < 1e-12) }
            let check = try #require(scaling["check"] as? [String: Any])
            #expect(try number(check["foretold_samples_per_second"]) > 0)
            #expect(try number(check["measured_samples_per_second"]) > 0)
            let forecasts = try #require(scaling["forecasts"] as? [[String: Any]])
            #expect(forecasts.map { $0["ranks"] as? Int } == (0...12).map { 1 << $0 })
            for forecast in forecasts {
                #expect(
                    forecast.keys.filter { $0 != "batch_for_90_percent" }.sorted() == [
                        "bytes_per_step", "messages_per_step", "ranks", "strong", "weak",
                    ])
                let strong = try #require(forecast["strong"] as? [String: Any])
                #expect(strong["batch_size"] as? Int == 64)
                #expect(try number(strong["efficiency"]) > 0 && number(strong["samples_per_second"]) > 0)
            }
        }

        @Test func withoutALinkForecastsEndAtTheNode() throws {
            let table = try trained("\(Self.quick) --models simple --scaling").standardOutput
            #expect(table.contains("The link between nodes is not known"))
            #expect(table.contains(/\n1 +\d+\/s/) && !table.contains(/\n2 +\d+\/s/))
        }

        @Test func theTableNamesWhatLosesMost() throws {
            let table = try trained("\(Self.quick) --models vgg6 --layers").standardOutput
            for words in ["measured peak", "samples/s", "vgg6", "Conv2D", "conv2", "wait for lanes", "largest gap: "] {
                #expect(table.contains(words), "\(words)")
            }
        }

        /// More lanes than microbatches, batches of one stamp, microbatches of odd sizes.
        @Test(arguments: ["--batch-size 1", "--batch-size 50 --microbatch 7 --threads 3"])
        func anyBatchWillDo(_ options: String) throws {
            let outcome = try trainer("bench --seconds 0.05 --models simple-bn --json \(options)")
            #expect(outcome.status == 0)
            #expect(try networks(json(outcome.standardOutput)).count == 1)
        }

        @Test func nothingIsWritten() throws {
            let workspace = try TemporaryFolder()
            let before = try names(in: FileManager.default.currentDirectoryPath)
            try trained("\(Self.quick) --models simple")
            #expect(try names(in: FileManager.default.currentDirectoryPath) == before)
            #expect(try names(in: workspace.path).isEmpty)
        }

        @Test(arguments: [
            ("--models vgg7", "--models vgg7: is no network"), ("--stamp-size 0", "--stamp-size 0"),
            ("--channels -1", "--channels -1"), ("--classes 0", "--classes 0"), ("--models ,", "name a network"),
            ("--seconds 0", "above 0"),
            ("--link 25,2", "add --scaling"), ("--scaling --link 25", "is no link"),
            ("--scaling --link 0,1", "is no link"), ("--ranks-per-node 0", "must be 1 or more"),
            ("--gradients half", "--gradients"), ("--batch-size 0", "must be from 1"),
            ("--microbatch -1", "must be from 1"), ("--threads 0", "--threads 0"),
        ])
        func wrongOptionsAreOneLine(_ options: String, _ words: String) throws {
            expectError(try trainer("bench \(options)"), 64, saying: words)
        }
    }
}
