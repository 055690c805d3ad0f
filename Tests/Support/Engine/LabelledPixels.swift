import Communication
import Files
import FoundationEssentials
import Logging
import Models
import Settings
import StampData
import StampFormats
import Tensors
import TestSupport
import Training

/// Labelled stamps that tests train on, in the order of a reference file or of a random stream.
package struct LabelledPixels {
    package let height: Int
    package let width: Int
    package var pixels: [Float]
    package var labels: [Int]

    package var count: Int { labels.count }

    package init(height: Int, width: Int, pixels: [Float], labels: [Int]) {
        precondition(pixels.count == labels.count * height * width, "pixels for another number of labels")
        (self.height, self.width, self.pixels, self.labels) = (height, width, pixels, labels)
    }

    /// Stamps of noise, every other with a bright centre: what they look like does not matter, that they differ does.
    package init(count: Int, side: Int = 21, seed: UInt64) {
        (height, width) = (side, side)
        var stream = CounterBasedRandom(seed: seed).stream(.simulation)
        pixels = (0..<count * side * side).map { _ in stream.uniformFloat() * 2 }
        labels = (0..<count).map { $0 % 2 }
        for stamp in 0..<count where labels[stamp] == 1 { pixels[(stamp * side + side / 2) * side + side / 2] += 4 }
    }

    /// Stamps and labels of a reference file; `group` is the prefix of their names.
    package init(_ file: SafetensorsFile, group: String = "") throws {
        let shape = file.tensor(named: group + "stamps")!.shape
        (height, width) = (shape[1], shape[2])
        pixels = try file.floats(group + "stamps")
        labels = try file.floats(group + "labels").map { Int($0) }
    }

    package func stamp(_ index: Int) -> ArraySlice<Float> {
        pixels[index * height * width..<(index + 1) * height * width]
    }

    /// Writes one file a class, or one of all stamps in order.
    func write(noise: String, sources: String) throws {
        for (label, path) in [(0, noise), (1, sources)] {
            let chosen = labels.indices.filter { labels[$0] == label }
            try NpyFile.write(floats: chosen.flatMap { stamp($0) }, shape: [chosen.count, height, width], to: path)
        }
    }

    package func write(to path: String) throws {
        try NpyFile.write(floats: pixels, shape: [count, height, width], to: path)
    }

    /// The stamps as a collection, and the number that each of them has there.
    package func collection(in folder: TemporaryFolder) throws -> (collection: StampCollection, numbers: [Int]) {
        let names = [folder.path("noise-\(count).npy"), folder.path("sources-\(count).npy")]
        try write(noise: names[0], sources: names[1])
        var next = [0, labels.count { $0 == 0 }]
        let numbers = labels.map { label in
            defer { next[label] += 1 }
            return next[label]
        }
        return (try StampCollection(noise: [names[0]], sources: [names[1]]), numbers)
    }
}

/// A logger that says nothing.
package let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension TrainingSettings {
    /// Trains on all stamps as they are, without dropout.
    package static func onAll(_ stamps: LabelledPixels, in folder: TemporaryFolder) throws -> TrainingSettings {
        var configuration = TrainingSettings()
        configuration.split = try SplitFractions(1, 0, 0)
        configuration.data.noise = [folder.path("noise.npy")]
        configuration.data.sources = [folder.path("sources.npy")]
        try stamps.write(noise: configuration.data.noise[0], sources: configuration.data.sources[0])
        configuration.preparation.normalization = .none
        configuration.dropout = false
        configuration.output = folder.path("run")
        return configuration
    }

    /// Trains in this process.
    package func run() throws {
        _ = try TrainingRun(
            self, programVersion: "test", group: SingleProcess(), environment: [:], logger: silent
        ).run()
    }
}

extension Network {
    package static func standard(_ network: StandardNetwork, side: Int = 21, classes: Int = 2) throws -> Network {
        try Network(network.description(height: side, width: side, classes: classes))
    }

    /// Weights that exercise every parameter: none is left at zero or one.
    package func variedWeights(seed: UInt64) -> Weights {
        let weights = initialWeights(seed: seed)
        var stream = CounterBasedRandom(seed: seed).stream(.simulation)
        for parameter in parameters where parameter.initializer == .zeros || parameter.initializer == .ones {
            for index in 0..<parameter.shape.count {
                weights.pointer(parameter)[index] += 0.2 * (stream.uniformFloat() - 0.5)
            }
        }
        return weights
    }
}
