import ArgumentParser
import Files
import Settings
import StampData

/// Everything that decides what a training run does: options become ``TrainingSettings``, which know what they mean and
/// what cannot be.
///
/// Options with numbers are parsed unconditionally, so that `--learning-rate -1` is a wrong number and not a missing
/// one.
struct TrainingOptions: ParsableArguments {
    /// Headings of the help.
    enum Heading {
        static let decisions = "Decisions and ensembles"
        static let records = "Run folder and records"
    }

    @OptionGroup(title: "Stamps") var stamps: TrainingStampsOptions

    @OptionGroup(title: "Stamps for validation or the test alone") var validation: PartOptions<ValidationPart>

    @OptionGroup(title: "Stamps for validation or the test alone") var test: PartOptions<TestPart>

    @OptionGroup(title: "Split, cross-validation and sampling") var split: SplitOptions

    @OptionGroup(title: "Preparation of stamps and features") var preparation: PreparationOptions

    @OptionGroup(title: "Preparation of stamps and features") var features: FeatureOptions

    @OptionGroup(title: "Augmentation") var augmentation: AugmentationOptions

    @OptionGroup(title: "Network") var network: NetworkOptions

    @OptionGroup(title: "Steps and optimizer") var optimizer: OptimizerOptions

    @OptionGroup(title: "Objective, schedule and stopping") var objective: ObjectiveOptions

    @OptionGroup(title: Heading.decisions) var decision: DecisionOptions

    @OptionGroup(title: "Ranks and threads") var ranks: RanksOptions

    @OptionGroup(title: Heading.records) var records: RecordOptions

    /// All but the names of the files, and where the run goes.
    ///
    /// - Throws: `Fault(.usage)` for options that need another one, and values that cannot be.
    func settings() throws -> TrainingSettings {
        var settings = TrainingSettings(recipe: network.recipe)
        stamps.apply(to: &settings)
        // Rank 0 puts their files there.
        for part in parts { settings.data.parts[part.part] = LabelledFiles() }
        (settings.validationFeatures, settings.testFeatures) = (validation.features, test.features)
        (settings.validationIDs, settings.testIDs) = (validation.ids, test.ids)
        try split.apply(to: &settings)
        try preparation.apply(to: &settings.preparation)
        features.apply(to: &settings)
        try augmentation.apply(to: &settings.augmentation)
        try network.apply(to: &settings)
        try optimizer.apply(to: &settings, recipe: network.recipe)
        try objective.apply(to: &settings)
        decision.apply(to: &settings.decision)
        ranks.apply(to: &settings)
        try records.apply(to: &settings)
        settings.execution.memory = try stamps.memory.map { try MemorySize(option: $0) }
        return settings
    }

    /// The parts of the split that have stamps of their own.
    private var parts: [NamedStamps] { [validation.stampsNamed, test.stampsNamed].filter(\.isGiven) }

    /// What names stamps, by the names of the options.
    var stampTexts: [String: String] {
        [validation.stampsNamed, test.stampsNamed].reduce(into: stamps.data.texts) { $0.merge($1.texts) { $1 } }
    }

    /// The files of all stamps.
    func files() throws -> LabelledFiles {
        var files = try stamps.data.files()
        for part in parts { files.parts[part.part] = try part.files() }
        return files
    }
}
