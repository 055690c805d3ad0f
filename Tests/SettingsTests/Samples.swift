import Files
import Models
import Optimizers
import Preparation
import Settings
import StampData

/// Settings none of which is as usual.
func unusualSettings() throws -> TrainingSettings {
    var settings = TrainingSettings()
    (settings.data.sources, settings.data.noise) = (["a.npy", "it's b.npy"], ["$x.npz:empty"])
    settings.data.layout = .nchw
    settings.data.validation = LabelledFiles(LabelledFiles.Table(stamps: ["v.npy"], labels: "v.csv:kind"))
    settings.data.test = LabelledFiles(noise: ["tn.npy"], sources: ["ts.npy"])
    settings.fromLogits = true
    (settings.model, settings.epochs) = ("resnet50", 7)
    (settings.batchSize, settings.microbatch, settings.classes) = (.full, 8, 1)
    (settings.learningRate, settings.optimizer) = (0.3, .sgd(momentum: 0.5, nesterov: true))
    (settings.schedule.kind, settings.schedule.factor) = (.step, 0.5)
    (settings.schedule.every, settings.schedule.warmup) = (.steps(30), .epochs(2))
    settings.schedule.scalesWithBatch = true
    (settings.objective.labelSmoothing, settings.objective.classWeights) = (0.1, .given([1, 2]))
    (settings.regularization.weightDecay, settings.regularization.clipNorm) = (0.25, 1)
    settings.regularization.averaging = 0.5
    settings.stopping.early = Stopping.Early(metric: .accuracy, patience: 3, minimumDelta: 0.5)
    settings.stopping.plateau = Stopping.Plateau(metric: .accuracy, factor: 0.5, patience: 2)
    (settings.split, settings.seed, settings.splitSeed) = (try SplitFractions(0.5, 0.25, 0.25), 5, 6)
    (settings.fold, settings.groupBy) = (Fold(number: 2, of: 5), "t.csv:object")
    (settings.splitBy, settings.stratify) = ("t.csv:part", true)
    (settings.validationIDs, settings.testIDs) = ("v.csv:name", "u.csv:name")
    (settings.validationFeatures, settings.testFeatures) = ("v.csv", "u.csv")
    settings.sampling = .shares([
        Sampling.ClassShare(name: "noise", share: 0.75), Sampling.ClassShare(name: "source", share: 0.25),
    ])
    (settings.sampleWeights, settings.ids, settings.objective.focusing) = ("w.npy", "t.csv:name", 2)
    settings.by = ["t.csv:mag", "snr.npy"]
    settings.decision = DecisionSettings(calibrate: true, targetCompleteness: 0.9)
    (settings.initialWeights, settings.dropout) = ("w.safetensors", false)
    settings.frozenLayers = FrozenLayers(.freeze, ["conv1", "block?_*"])
    settings.augmentation = Augmentation(symmetries: true, noise: 2)
    settings.preparation = StampPreparation(
        .robust, scope: .stamp, channels: ChannelSelection(["2", "SCI"]), fill: .median,
        maskChannel: true,
        crop: StampExtent(height: 21, width: 25), pad: StampExtent(height: 32, width: 32))
    (settings.features, settings.normalizeFeatures, settings.fillFeatures) = ("t.csv:fwhm,snr", .none, .median)
    (settings.gradients, settings.bits, settings.skipBad) = (.bfloat16, .blas, true)
    settings.combination = .median
    (settings.checkpointInterval, settings.keepCheckpoints, settings.verifyEvery) = (.seconds(90), 4, 100)
    settings.output = "elsewhere"
    settings.execution.threads = 3
    settings.execution.memory = MemorySize(bytes: 512 << 20)
    (settings.execution.ranksPerNode, settings.execution.stallTimeout) = (2, 10)
    (settings.execution.resume, settings.execution.tensorBoard) = (true, false)
    (settings.execution.logMLflow, settings.execution.showsProgress) = ("mlruns", false)
    (settings.execution.trace, settings.execution.traceSteps) = ("t.json", 5)
    settings.execution.commandLine = ["swift-run-trainer", "train"]
    return settings
}

/// What a run on a few stamps might find out.
let someFindings = RunFindings(
    network: StandardNetwork.simple.description(height: 5, width: 5, classes: 2), stampHeight: 5, stampWidth: 5,
    classes: .noiseAndSource, classStamps: [12, 9], dataFingerprint: "0123456789abcdef", trainingStamps: 15,
    validationStamps: 2,
    testStamps: 4, microbatches: 3)
