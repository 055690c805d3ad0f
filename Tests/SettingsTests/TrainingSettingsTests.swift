import Files
import FoundationEssentials
import Optimizers
import Settings
import StampData
import StampFormats
import Testing

@Suite struct TrainingSettingsTests {
    private func decoded(_ json: String) throws -> TrainingSettings {
        try JSONDecoder().decode(TrainingSettings.self, from: Data(json.utf8))
    }

    private func keys(_ settings: TrainingSettings) throws -> Set<String> {
        let json = Data(try JSONFile.text(of: settings).utf8)
        return Set(try JSONDecoder().decode([String: AnyValue].self, from: json).keys)
    }

    /// Whatever a key holds.
    private struct AnyValue: Decodable {
        init(from decoder: any Decoder) {}
    }

    @Test func everySettingSurvivesJSON() throws {
        let settings = try unusualSettings()
        #expect(try decoded(JSONFile.text(of: settings)) == settings)
        let ofOtherClasses: Set = ["class_files", "labelled"]
        #expect(try keys(settings) == Set(TrainingSettings.all.map(\.key)).subtracting(ofOtherClasses))
        for recipe in Recipe.allCases {
            let settings = TrainingSettings(recipe: recipe)
            #expect(try decoded(JSONFile.text(of: settings)) == settings)
        }
    }

    @Test(arguments: [
        LabelledFiles(classes: [
            LabelledFiles.ClassFiles(name: "star", files: ["a.npy", "b.npy"]),
            LabelledFiles.ClassFiles(name: "bogus", files: ["c.npy"]),
        ]), LabelledFiles(LabelledFiles.Table(stamps: ["s.npy"], labels: "l.csv:kind")),
        LabelledFiles(LabelledFiles.Table(stamps: ["s.npy"], labels: "l.npy", classNames: ["b", "a"])),
        LabelledFiles(
            LabelledFiles.Table(
                stamps: [], channels: [StampSource.Channel(name: "sci", files: ["a.npy"])], labels: "l.npy")),
    ])
    func otherClassesSurviveJSON(_ data: LabelledFiles) throws {
        var settings = TrainingSettings()
        settings.data = data
        #expect(try decoded(JSONFile.text(of: settings)) == settings)
        #expect(try keys(settings).isDisjoint(with: ["noise", "sources"]))
    }

    /// A property without an entry would not be in JSON, so that the settings above would not come back.
    @Test func everyPropertyHasAnEntry() throws {
        func count(_ value: Any) -> Int { Mirror(reflecting: value).children.count }
        let settings = TrainingSettings()
        // Preparation and execution are settings in parts; stamps are noise, sources, files of other classes, labels, those
        // of validation and of the test, and a layout.
        let parts = count(settings.preparation) + count(settings.execution)
        #expect(TrainingSettings.all.count == count(settings) - 2 + parts + 6)
        let unusual = try unusualSettings()
        for (one, other) in [(unusual as Any, settings as Any), (unusual.preparation, settings.preparation)] {
            for (value, usual) in zip(Mirror(reflecting: one).children, Mirror(reflecting: other).children) {
                #expect("\(value.value)" != "\(usual.value)", "\(value.label ?? "") is as usual in the sample")
            }
        }
    }

    @Test func keysAndNamesOfOptionsAreUnique() {
        let options = TrainingSettings.all.flatMap(\.options).map(\.name)
        #expect(Set(options).count == options.count && options.allSatisfy { $0.hasPrefix("--") })
        #expect(Set(TrainingSettings.all.map(\.key)).count == TrainingSettings.all.count)
    }

    @Test func howARunIsCarriedOutIsNeitherRecordedNorRepeated() throws {
        let settings = try unusualSettings()
        let resolved = settings.resolved(batchSize: 15, microbatch: 4, classes: 2, bits: .blas)
        #expect(resolved.batchSize == .samples(15) && resolved.microbatch == 4 && resolved.classes == 2)
        #expect(
            try keys(settings).subtracting(keys(resolved)) == [
                "threads", "memory", "ranks_per_node", "stall_timeout", "resume", "tensorboard", "log_mlflow",
                "shows_progress",
                "trace", "trace_steps", "command_line",
            ])
        var plain = settings
        plain.execution = ExecutionSettings()
        #expect(settings.options == plain.options)
    }

    @Test func theRecipesAreAsTheirNamesSay() {
        let notebook = TrainingSettings(), survey = TrainingSettings(recipe: .survey)
        #expect(TrainingSettings(recipe: .notebook) == notebook)
        #expect(notebook.optimizer == .sgd() && notebook.learningRate == 0.01 && notebook.epochs == 10)
        #expect(notebook.preparation.normalization == .notebook && notebook.dropout && notebook.augmentation == .none)
        #expect(notebook.split.description == "0.7,0.1,0.2" && notebook.batchSize == .samples(256))
        #expect(survey.optimizer == .adam() && survey.learningRate == 0.003 && survey.epochs == 30)
        #expect(survey.preparation.normalization == .asinh && !survey.dropout && survey.decision.calibrate)
        #expect(survey.augmentation == Augmentation(symmetries: true, shift: 0.5))
        #expect(survey.schedule.kind == .cosine && survey.schedule.warmup == .epochs(1))
        #expect(!notebook.stratify && survey.stratify)
        #expect(survey.model == "vgg6-wide" && notebook.model == "vgg6" && survey.batchSize == notebook.batchSize)
    }

    @Test func everySettingHasItsRow() throws {
        let rows = try unusualSettings().resolved(batchSize: 15, microbatch: 4, classes: 2, bits: .blas).rows
        #expect(
            rows.map { "\($0.name): \($0.value)" } == [
                "model: resnet50", "outputs: 2 --from-logits", "epochs: 7", "batch size: 15", "microbatch: 4",
                "optimizer: SGD with Nesterov's momentum 0.5", "learning rate: 0.3",
                "schedule and objective: --schedule step --schedule-factor 0.5 --schedule-every 30steps "
                    + "--warmup 2epochs --scale-learning-rate --label-smoothing 0.1 --class-weights 1.0,2.0 --loss focal=2.0 "
                    + "--weight-decay 0.25 --clip-norm 1.0 --ema 0.5 --early-stopping accuracy --patience 3 "
                    + "--min-delta 0.5 --reduce-on-plateau 0.5,2",
                "decision: --calibrate --target-completeness 0.9", "normalisation: robust",
                "preparation: --normalize-over stamp --channels 2,SCI --fill median --mask-channel --crop 21x25 --pad 32",
                "features: --features t.csv:fwhm,snr --validation-features v.csv --test-features u.csv "
                    + "--normalize-features none --fill-features median",
                "augmentation: symmetries, noise 2.0", "dropout: off",
                "split: 0.5,0.25,0.25 --folds 5 --fold 2 --group-by t.csv:object --split-by t.csv:part --stratify",
                "sampling: noise=0.75,source=0.25 --sample-weights w.npy", "seed: 5",
                "gradients: bfloat16", "bits: --bits blas", "initial weights: w.safetensors",
                "frozen layers: --freeze conv1,block?_*",
                "bad stamps: left out",
            ])
        #expect(
            TrainingSettings().resolved(batchSize: 256, microbatch: 32, classes: 2, bits: .portable).rows.map(\.name)
                == [
                    "model", "outputs", "epochs", "batch size", "microbatch", "optimizer", "learning rate",
                    "normalisation", "augmentation", "dropout", "split", "seed", "bits", "bad stamps",
                ])
    }
}
