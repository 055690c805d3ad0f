import Files
import FoundationEssentials
import Metrics
import Models
import Preparation
import RunRecords
import Settings
import StampData
import StampFormats
import TestSupport

/// The folder of a run that never was: as much of it as results are read from.
struct MadeUpRun {
    var network = StandardNetwork.vgg6
    /// Outputs of the network.
    var classes = 2
    var height = 21
    var width = 21
    var noise = 12
    var sources = 9
    /// The test set: indices with their probabilities.
    var probabilities: [(index: Int, probability: Float)] = []
    var hasSignalToNoise = true
    var losses = [0.7, 0.5]

    /// Writes stamps into `FOLDER/data` and the run into `FOLDER/run`, and returns that.
    func write(into folder: String) throws -> RunFolder {
        for name in ["data", "run"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        let run = RunFolder("\(folder)/run")
        let files = (noise: ["\(folder)/data/stamps_noise.npy"], sources: ["\(folder)/data/stamps_sources.npy"])
        try NpyFile.write(floats: pixels(0..<noise), shape: [noise, height, width], to: files.noise[0])
        try NpyFile.write(
            floats: pixels(noise..<noise + sources), shape: [sources, height, width], to: files.sources[0])
        if hasSignalToNoise {
            try NpyFile.write(
                floats: (0..<sources).map { Float($0) + 3 }, shape: [sources], to: "\(folder)/data/snr_sources.npy")
        }
        let stamps = try StampCollection(noise: files.noise, sources: files.sources)
        let description = network.description(height: height, width: width, classes: classes)
        var settings = TrainingSettings()
        (settings.data.sources, settings.data.noise) = (files.sources, files.noise)
        (settings.epochs, settings.batchSize, settings.microbatch) = (2, .samples(1), 1)
        (settings.learningRate, settings.classes) = (0.1, classes)
        (settings.split, settings.seed) = (try SplitFractions(1, 0, 0), 7)
        let findings = RunFindings(
            network: description, stampHeight: height, stampWidth: width, classes: .noiseAndSource,
            classStamps: [noise, sources],
            dataFingerprint: try DataFingerprint(stamps).hexadecimal, trainingStamps: 1, validationStamps: 0,
            testStamps: 0, microbatches: 1)
        try JSONFile.write(
            ConfigurationRecord(
                settings: settings, findings: findings,
                versions: SoftwareVersions(program: "1", swift: "6", openBLAS: "0"), cpuKernelType: "Zen", ranks: 1,
                threads: 1, badStamps: BadStampCounts([0, 0], of: .noiseAndSource)),
            to: run.configuration)
        var history = History(path: run.history)
        for (epoch, loss) in losses.enumerated() {
            history.append(
                HistoryRow(
                    epoch: epoch + 1, loss: loss, accuracy: 0.5, learningRate: 0.1, seconds: 1, samplesPerSecond: 1))
        }
        try history.write()
        try writeTest(to: run)
        let network = try Network(description)
        try TrainedModel(
            network: network, weights: network.initialWeights(seed: 1), preparation: StampPreparation(.notebook)
        )
        .write(to: run.model)
        return run
    }

    private func writeTest(to run: RunFolder) throws {
        guard !probabilities.isEmpty else { return }
        let predictions = probabilities.map { index, probability in
            SamplePrediction(
                index: index, trueClass: index < noise ? 0 : 1, predictedClass: probability > 0.5 ? 1 : 0,
                probability: probability, loss: 0.5)
        }
        try TestPredictions.write(.two(predictions), classNames: ["noise", "source"], to: run.testPredictions)
        try JSONFile.write(ClassificationMetrics(predictions), to: run.metrics)
    }

    /// Stamps with a bright centre for sources, in a pattern for noise.
    private func pixels(_ stamps: Range<Int>) -> [Float] {
        stamps.flatMap { stamp in
            (0..<height * width).map { pixel in
                let sky = Float((pixel * 7919 + stamp * 104_729) % 97)
                let isCentre = pixel == height / 2 * width + width / 2
                return sky + (stamp >= noise && isCentre ? 1000 : 0)
            }
        }
    }
}
