import Faults
import Files
import FoundationEssentials
import Optimizers
import Settings
import StampData
import Testing

/// The library refuses what the program refuses, in the same words.
@Suite struct ValidationTests {
    struct Wrong: CustomTestStringConvertible, Sendable {
        let subject: String
        let change: @Sendable (inout TrainingSettings) throws -> Void
        var testDescription: String { subject }

        init(_ subject: String, _ change: @escaping @Sendable (inout TrainingSettings) throws -> Void) {
            (self.subject, self.change) = (subject, change)
        }
    }

    @Test func usualAndUnusualSettingsAreRight() throws {
        try TrainingSettings().validate()
        try TrainingSettings(recipe: .survey).validate()
        // Of the ways to divide stamps one at a time.
        var parts = try unusualSettings()
        (parts.splitBy, parts.fold) = (nil, nil)
        try parts.validate()
        for isByColumn in [true, false] {
            var divided = try unusualSettings()
            (divided.data.validation, divided.data.test) = (nil, nil)
            (divided.validationIDs, divided.testIDs) = (nil, nil)
            (divided.validationFeatures, divided.testFeatures) = (nil, nil)
            if isByColumn { (divided.fold, divided.groupBy) = (nil, nil) } else { divided.splitBy = nil }
            try divided.validate()
        }
    }

    @Test(arguments: [
        Wrong("--model vgg7") { $0.model = "vgg7" },
        Wrong("--epochs 0") { $0.epochs = 0 },
        Wrong("--epochs \(1 << 30 + 1)") { $0.epochs = 1 << 30 + 1 },
        Wrong("--batch-size 0") { $0.batchSize = .samples(0) },
        Wrong("--microbatch -1") { $0.microbatch = -1 },
        Wrong("--learning-rate 0.0") { $0.learningRate = 0 },
        Wrong("--learning-rate nan") { $0.learningRate = .nan },
        Wrong("--learning-rate inf") { $0.learningRate = .infinity },
        Wrong("--momentum 2.0") { $0.optimizer = .sgd(momentum: 2) },
        Wrong("--momentum -0.5") { $0.optimizer = .lars(momentum: -0.5) },
        Wrong("--nesterov") { $0.optimizer = .sgd(nesterov: true) },
        Wrong("--classes 0") { $0.classes = 0 },
        Wrong("--output") { $0.output = "" },
        Wrong("--keep-checkpoints 0") { $0.keepCheckpoints = 0 },
        Wrong("--verify-every 0") { $0.verifyEvery = 0 },
        Wrong("--checkpoint-every 0steps") { $0.checkpointInterval = .steps(0) },
        Wrong("--checkpoint-every -5s") { $0.checkpointInterval = .seconds(-5) },
        Wrong("--augment-shift 1000.0") { $0.augmentation.shift = 1000 },
        Wrong("--augment-noise -1.0") { $0.augmentation.noise = -1 },
        Wrong("--augment-contrast nan") { $0.augmentation.contrast = .nan },
        Wrong("--split 0.0,0.5,0.5") {
            $0.split = try JSONDecoder().decode(
                SplitFractions.self, from: Data(#"{"training": 0, "validation": 0.5, "test": 0.5}"#.utf8))
        },
    ])
    func aWrongValueIsNamedWithItsOption(_ wrong: Wrong) throws { try expectFault(wrong) }

    @Test(arguments: [
        Wrong("--schedule-factor 0.0") { ($0.schedule.kind, $0.schedule.factor) = (.step, 0) },
        Wrong("--schedule-factor 1.5") { ($0.schedule.kind, $0.schedule.factor) = (.exponential, 1.5) },
        Wrong("--schedule-every 0steps") { ($0.schedule.kind, $0.schedule.every) = (.step, .steps(0)) },
        Wrong("--schedule-factor") { $0.schedule.factor = 0.5 },
        Wrong("--schedule-every") { $0.schedule.every = .epochs(1) },
        Wrong("--warmup 1.5") { $0.schedule.warmup = .share(1.5) },
        Wrong("--label-smoothing 1.0") { $0.objective.labelSmoothing = 1 },
        Wrong("--class-weights 0.0,0.0") { $0.objective.classWeights = .given([0, 0]) },
        Wrong("--class-weights -1.0,2.0") { $0.objective.classWeights = .given([-1, 2]) },
        Wrong("--weight-decay -0.5") { $0.regularization.weightDecay = -0.5 },
        Wrong("--clip-norm 0.0") { $0.regularization.clipNorm = 0 },
        Wrong("--ema 1.0") { $0.regularization.averaging = 1 },
        Wrong("--patience 0") { $0.stopping.early = Stopping.Early(metric: .loss, patience: 0) },
        Wrong("--min-delta -1.0") { $0.stopping.early = Stopping.Early(metric: .loss, minimumDelta: -1) },
        Wrong("--reduce-on-plateau 2.0,3") {
            $0.stopping.plateau = Stopping.Plateau(metric: .loss, factor: 2, patience: 3)
        },
        Wrong("--reduce-on-plateau 0.5,0") {
            $0.stopping.plateau = Stopping.Plateau(metric: .loss, factor: 0.5, patience: 0)
        },
        Wrong("--target-completeness 0.0") { $0.decision.targetCompleteness = 0 },
        Wrong("--target-purity 1.5") { $0.decision.targetPurity = 1.5 },
        Wrong("--target-purity") { ($0.decision.targetCompleteness, $0.decision.targetPurity) = (0.9, 0.9) },
        Wrong("--target-completeness") {
            ($0.decision.targetCompleteness, $0.split) = (0.9, try SplitFractions(0.8, 0, 0.2))
        },
        Wrong("--split-by t.csv:part") { ($0.splitBy, $0.groupBy) = ("t.csv:part", "t.csv:object") },
        Wrong("--split-by t.csv:part") { ($0.splitBy, $0.fold) = ("t.csv:part", Fold(number: 1, of: 3)) },
        Wrong("--split-by t.csv:part") { ($0.splitBy, $0.data.test) = ("t.csv:part", LabelledFiles()) },
        Wrong("--split-by") { $0.splitBy = "" },
        Wrong("--folds") { ($0.fold, $0.data.validation) = (Fold(number: 1, of: 3), LabelledFiles()) },
        Wrong("--validation-features v.csv") { ($0.features, $0.validationFeatures) = ("t.csv", "v.csv") },
        Wrong("--test-ids u.csv") { ($0.testIDs, $0.data.test) = ("u.csv", LabelledFiles()) },
        Wrong("--test-features") {
            ($0.features, $0.validationFeatures) = ("t.csv", "v.csv")
            ($0.data.validation, $0.data.test) = (LabelledFiles(), LabelledFiles())
        },
        Wrong("--threads 0") { $0.execution.threads = 0 },
        Wrong("--threads 1025") { $0.execution.threads = 1025 },
        Wrong("--memory 0") { $0.execution.memory = MemorySize(bytes: 0) },
        Wrong("--ranks-per-node 0") { $0.execution.ranksPerNode = 0 },
        Wrong("--stall-timeout -1") { $0.execution.stallTimeout = -1 },
        Wrong("--trace") { $0.execution.trace = "" },
        Wrong("--trace-steps 0") { $0.execution.traceSteps = 0 },
    ])
    func aWrongPartIsNamedWithItsOption(_ wrong: Wrong) throws { try expectFault(wrong) }

    private func expectFault(_ wrong: Wrong) throws {
        var settings = TrainingSettings()
        try wrong.change(&settings)
        let fault = #expect(throws: Fault.self) { try settings.validate() }
        #expect(fault?.kind == .usage && fault?.subject == wrong.subject, "\(fault.map(String.init) ?? "")")
        #expect(fault?.remedy.isEmpty == false)
    }

    // MARK: Texts of options

    @Test func textsOfOptionsAreRead() throws {
        #expect(try BatchSize(option: "full") == .full && BatchSize(option: "64") == .samples(64))
        #expect(try MemorySize(option: "2k").bytes == 2048)
        #expect(try SplitFractions(option: "0.5, 0.25,0.25") == SplitFractions(0.5, 0.25, 0.25))
        #expect(try ClassWeights(option: "balanced") == .balanced && ClassWeights(option: "1,2") == .given([1, 2]))
        #expect(
            try Stopping.Plateau(option: "0.5,3", metric: .loss)
                == Stopping.Plateau(metric: .loss, factor: 0.5, patience: 3))
        #expect(try Augmentation(option: "all") == .all && Augmentation(option: "none") == .none)
        #expect(
            try Augmentation(option: "shifts,symmetries") == Augmentation(symmetries: true, shift: 0.5))
        #expect(try CheckpointInterval(parsing: "2h") == .seconds(7200))
    }

    @Test func aTextIsRefusedAsItWasTyped() {
        func expect(_ subject: String, _ body: () throws -> Void) {
            let fault = #expect(throws: Fault.self, performing: body)
            #expect(fault?.kind == .usage && fault?.subject == subject)
        }
        expect("--batch-size 007x") { _ = try BatchSize(option: "007x") }
        expect("--batch-size 000") { _ = try BatchSize(option: "000") }
        expect("--memory 0K") { _ = try MemorySize(option: "0K") }
        expect("--split 1,2") { _ = try SplitFractions(option: "1,2") }
        expect("--class-weights 0,0") { _ = try ClassWeights(option: "0,0") }
        expect("--reduce-on-plateau 1,1") { _ = try Stopping.Plateau(option: "1,1", metric: .loss) }
        expect("--augment noise,") { _ = try Augmentation(option: "noise,") }
        expect("--checkpoint-every 5") { _ = try CheckpointInterval(parsing: "5") }
        expect("--warmup long") { _ = try Span("long", option: "--warmup") }
    }

    @Test func optimizersThatDoNotGoWithTheirOptionsAreRefused() {
        func subject(
            _ name: OptimizerName?, _ momentum: Float? = nil, nesterov: Bool = false, recipe: Recipe = .notebook
        ) -> String? {
            var settings = TrainingSettings(recipe: recipe)
            return
                (#expect(throws: Fault.self) {
                    try settings.setOptimizer(name, momentum: momentum, nesterov: nesterov, recipe: recipe)
                    try settings.validate()
                })?.subject
        }
        #expect(subject(.adam, 0.5) == "--momentum" && subject(.lamb, nesterov: true) == "--nesterov")
        #expect(subject(.lars, nesterov: true) == "--nesterov" && subject(.lars, 2) == "--momentum 2.0")
        #expect(subject(nil, nesterov: true) == "--nesterov" && subject(.sgd, 2) == "--momentum 2.0")
        #expect(subject(nil, 0.5, recipe: .survey) == "--momentum")
    }

    @Test func optimizersHaveTheirUsualNumbers() throws {
        func chosen(_ name: OptimizerName?, _ momentum: Float? = nil) throws -> TrainingSettings {
            var settings = TrainingSettings()
            try settings.setOptimizer(name, momentum: momentum, nesterov: false, recipe: .notebook)
            return settings
        }
        #expect(try chosen(nil).optimizer == .sgd() && chosen(nil, 0.5).optimizer == .sgd(momentum: 0.5))
        #expect(try chosen(.momentum).optimizer == .sgd(momentum: 0.9) && chosen(.lars).optimizer == .lars())
        #expect(try chosen(.adamw).optimizer == .adam() && chosen(.adamw).regularization.weightDecay == 0.004)
    }
}
