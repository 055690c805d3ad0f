import Communication
import Engine
import Faults
import Files
import FoundationEssentials
import Lanes
import Logging
import Metrics
import ModelFiles
import Models
import Preparation
import RunRecords
import StampData
import StampFormats
import StampLoading
import Tensors

/// Applies trained models: probabilities of stamps, and the evaluation of labelled ones. Several models are an
/// ensemble, whose probability is the mean of theirs unless another combination is asked for.
public struct Prediction {
    /// One model of the ensemble.
    struct Member {
        let path: String
        let model: TrainedModel
        /// That of the model, or what is asked for instead.
        let preparation: StampPreparation
    }

    /// At least one.
    let members: [Member]
    let group: any ProcessGroup
    let logger: Logger
    let threads: Int?
    /// How often, and how, the models look at each stamp.
    let passes: PredictionPasses
    /// How the models' probabilities become one.
    let combination: ProbabilityCombination

    /// Reads the models on rank 0, which sends them to the others.
    ///
    /// - Parameters:
    ///   - models: files, or run folders, which denote the model in them or those of all members in them; at least one.
    ///   - normalization: overrides that of the models.
    ///   - fromLogits: whether models that end without softmax or sigmoid give logits.
    ///   - passes: how often, and how, the models look at each stamp.
    ///   - combination: how the probabilities of several models become one.
    public init(
        models: [String], normalization: Normalization?, fromLogits: Bool = false, passes: PredictionPasses = .one,
        combination: ProbabilityCombination = .mean, threads: Int?, group: any ProcessGroup, logger: Logger
    ) throws {
        precondition(!models.isEmpty, "a prediction needs a model")
        self.passes = passes
        self.combination = combination
        self.group = group
        self.logger = logger
        self.threads = threads
        let own = try group.onRoot {
            let paths = try models.flatMap { try EnsembleFolder.models(in: $0) }
            let members = try paths.map { path in
                try Member(path, normalization, ModelReading(fromLogits: fromLogits) { logger.warning("\($0)") })
            }
            if let other = members.first(where: { $0.model.network.outputs != members[0].model.network.outputs }) {
                throw Fault(
                    .badData, other.path, "has another number of outputs than \(members[0].path)",
                    remedy: "average models of one kind, such as all --classes 1 or all --classes 2")
            }
            let named = members.filter { $0.model.classNames != nil }
            if let other = named.first(where: { $0.model.classNames != named[0].model.classNames }) {
                throw Fault(
                    .badData, other.path, "has other classes than \(named[0].path)",
                    remedy: "average models of the same classes in the same order")
            }
            for member in members { try passes.check(member.model.network, of: member.path) }
            return members
        }
        members = try (0..<group.maximum(of: own?.count ?? 0)).map { try Member.shared(own?[$0], in: group) }
    }

    /// The first model, for what a single one is asked.
    var model: TrainedModel { members[0].model }

    /// How many models there are.
    public var modelCount: Int { members.count }

    /// How many classes the models tell apart.
    public var classCount: Int { model.network.classCount }

    /// The names of the models' classes; where no model names them noise and source, or the numbers of more classes.
    public var classNames: [String] {
        get throws {
            try classes?.names
                ?? (classCount == 2 ? StampClasses.noiseAndSource.names : (0..<classCount).map(String.init))
        }
    }

    /// The class that a user names, by its name or else by its number.
    ///
    /// - Throws: `Fault(.usage)` for what is neither.
    func label(named name: String) throws -> Int {
        let names = try classNames
        if let label = names.firstIndex(of: name) { return label }
        if let label = Int(name), names.indices.contains(label) { return label }
        throw Fault(
            .usage, "--class \(name)", "is no class of \(members[0].path)",
            remedy: "give one of \(StampClasses.list(names)), or a number from 0 to \(names.count - 1)")
    }

    /// Refuses what makes sense for two classes alone.
    ///
    /// - Parameter option: as the user gave it.
    /// - Throws: `Fault(.usage)` for models of more classes.
    public func requireTwoClasses(for option: String, remedy: String) throws {
        guard classCount > 2 else { return }
        throw Fault(
            .usage, option, "goes with two classes, and \(members[0].path) has \(classCount)", remedy: remedy)
    }

    /// Opens stamps without classes, which must suit all models as the features' table must. Collective.
    func unlabelled(_ input: StampSource, _ features: String?) throws -> StampCollection {
        try StampCollection.agreed(in: group) {
            try checkFeatures(features)
            let stamps = try StampCollection(unlabelled: input)
            _ = try readers(stamps)
            return stamps
        }
    }

    /// Of two classes, the probability above which a stamp counts as a source: the mean of the models'.
    public var threshold: Float {
        members.reduce(0) { $0 + $1.model.decision.threshold } / Float(members.count)
    }

    /// Writes the probabilities of all stamps of some files, in the order of the files; NaN for stamps that cannot be
    /// normalised. Collective.
    ///
    /// - Parameters:
    ///   - output: a `.npy` file of (N, K) for K outputs; nil for none.
    ///   - table: a CSV file (``PredictionTable``); nil for none.
    ///   - spread: a `.npy` file of (N, K) standard deviations (``Probabilities/spread``); nil for none.
    ///   - features: the table, or array, of the stamps' features; nil for none.
    ///   - identifiers: the column, or array, of what the stamps are called in the table; nil for none.
    ///   - threshold: instead of the models' own.
    public func predict(
        _ input: StampSource, features: String? = nil, identifiers: String? = nil, output: String?,
        table: String? = nil, spread: String? = nil, threshold: Float? = nil
    ) throws {
        try group.agree { try checkSpread(spread) }
        let stamps = try unlabelled(input, features)
        let names = try self.identifiers(identifiers, of: stamps)
        let inputs = inputs(input.allFiles, features, identifiers)
        let files = try group.onRoot {
            let array = try output.map {
                try OutputFile($0, option: "--output", inputs: inputs, kind: .probabilities)
            }
            let table = try table.map {
                try OutputFile(
                    $0, option: "--csv", inputs: inputs, others: [array].compactMap { $0 }, kind: PredictionTable.kind)
            }
            let spread = try spread.map {
                try OutputFile(
                    $0, option: "--spread", inputs: inputs, others: [array, table].compactMap { $0 },
                    kind: .probabilities)
            }
            return (array: array, table: table, spread: spread)
        }
        logData(stamps)
        let found = try probabilities(
            stamps, self.features(features, of: stamps), withSpread: passes.areSeveral || spread != nil)
        try group.agree {
            guard let found else { return }
            let probabilities = found.values
            let outputs = model.network.outputs
            warn(unusable: (0..<stamps.count).filter { probabilities[$0 * outputs].isNaN }, stamps, input.files)
            if let output = files?.array {
                try NpyFile.write(floats: probabilities, shape: [stamps.count, outputs], to: output.open())
            }
            if let table = files?.table {
                try PredictionTable(
                    probabilities: probabilities, outputs: outputs, threshold: threshold ?? self.threshold,
                    classNames: classNames, identifiers: names, spread: passes.areSeveral ? found.spread : nil
                ).write(stamps, to: table)
            }
            if let output = files?.spread, let spread = found.spread {
                try NpyFile.write(floats: spread, shape: [stamps.count, outputs], to: output.open())
            }
        }
    }

    /// What the files were understood to hold.
    func logData(_ stamps: StampCollection) {
        guard group.rank == 0 else { return }
        logger.log(level: stamps.channels > 1 ? .info : .debug, "\(stamps.summary)")
    }

    func warn(unusable: [Int], _ stamps: StampCollection, _ input: [String]) {
        guard !unusable.isEmpty else { return }
        let name = input.count == 1 ? input[0] : "\(input.count) files"
        logger.warning(
            "\(name): \(unusable.count) of \(stamps.count) stamps cannot be normalised; their rows are nan")
    }

    /// What models say about labelled stamps.
    public struct Evaluated: Sendable {
        public let predictions: LabelledPredictions
        /// With their classes in the models' order.
        public let stamps: StampCollection
        /// What the stamps are called; nil if nobody says.
        public let identifiers: SampleIdentifiers?
        /// How much worse each feature's exchange makes the predictions; empty unless wanted.
        public fileprivate(set) var importance: [FeatureImportance] = []
        /// How far the looks at each stamp are apart; nil where there is one look.
        public let spread: PredictionSpread?
        /// How many of the stamps a model was trained on; nil where nobody knows.
        public fileprivate(set) var trained: TrainedStamps.Overlap?
    }

    /// The models' predictions of labelled stamps, on rank 0; nil elsewhere. Collective.
    ///
    /// - Parameters:
    ///   - part: the numbers of the stamps that matter; nil for all. Asked on rank 0 alone.
    ///   - features: the table, or array, of the stamps' features; nil for none.
    ///   - identifiers: the column, or array, of what the stamps are called; nil for none.
    ///   - skipBad: leaves out stamps that cannot be normalised, instead of refusing them.
    ///   - threshold: instead of the models' own.
    ///   - measuresImportance: whether to find out which features the models need.
    ///   - check: refuses stamps that something else does not go with; called on rank 0 alone.
    public func evaluate(
        _ files: LabelledFiles, part: [Int]? = nil, features: String? = nil, identifiers: String? = nil, skipBad: Bool,
        threshold: Float? = nil, measuresImportance: Bool = false,
        check: (StampCollection) throws -> Void = { _ in }
    ) throws -> Evaluated? {
        let stamps = try StampCollection.agreed(in: group) {
            try checkFeatures(features)
            if measuresImportance { try checkImportance() }
            let stamps = try StampCollection(files, of: try classes)
            _ = try readers(stamps)
            try checkClasses(stamps)
            try check(stamps)
            return stamps
        }
        logData(stamps)
        let numbers = try group.shared { part.map { [$0] } ?? [] }.first ?? Array(0..<stamps.count)
        let names = try self.identifiers(identifiers, of: stamps)
        let inputs = try self.features(features, of: stamps)
        let found = try predictions(stamps, numbers, inputs, threshold: threshold ?? self.threshold)
        var evaluated: Evaluated? = try group.agree {
            guard let (predictions, spread) = found else { return nil }
            let unusable = predictions.unusable
            if !unusable.isEmpty && !skipBad {
                throw StampScan.fault(unusable, of: try readers(stamps)[0])
            }
            guard unusable.count < predictions.count else {
                throw Fault(
                    .badData, stamps.location(0).path, "none of the stamps can be normalised",
                    remedy: "check the files, or pass --normalize none for stamps that already are")
            }
            return Evaluated(
                predictions: predictions.usable, stamps: stamps, identifiers: names.map { SampleIdentifiers($0) },
                spread: spread.map {
                    PredictionSpread(predictions.usable, deviations: $0, columns: model.network.outputs)
                })
        }
        if measuresImportance,
            let importance = try importance(stamps, numbers, inputs, without: found?.predictions.unusable)
        {
            evaluated?.importance = importance
        }
        // Of all ranks, most of which have evaluated nothing.
        let known = try trained(on: numbers, of: stamps)
        evaluated?.trained = known
        return evaluated
    }

    private func predictions(
        _ stamps: StampCollection, _ numbers: [Int], _ features: [StampFeatures?], threshold: Float
    ) throws -> (predictions: LabelledPredictions, spread: [Float]?)? {
        if members.count == 1, !passes.areSeveral {
            // From logits losses are exact.
            let team = try team()
            defer { team.finish() }
            let reader = try readers(stamps)[0].adding(features[0])
            return try Inference(network: model.network, weights: model.weights, team: team, group: group)
                .logits(of: numbers, by: reader).map {
                    let predictions = model.network.labelledPredictions(
                        logits: $0, stamps: numbers, in: stamps, threshold: threshold)
                    return (predictions, nil)
                }
        }
        // Of all models together already.
        return try probabilities(stamps, features, of: numbers, withSpread: passes.areSeveral).map { probabilities in
            let set = model.network.testSet(
                stamps: numbers, labels: numbers.map(stamps.label), probabilities: probabilities.values)
            let spread = probabilities.spread.map { spread in
                Self.placed(spread, at: numbers, of: stamps.count, columns: model.network.outputs)
            }
            return (LabelledPredictions(of: [set], threshold: threshold), spread)
        }
    }

    /// The rows of some stamps among rows for all.
    private static func placed(_ rows: [Float], at numbers: [Int], of count: Int, columns: Int) -> [Float] {
        var all = [Float](repeating: .nan, count: count * columns)
        for (row, number) in numbers.enumerated() {
            for column in 0..<columns { all[number * columns + column] = rows[row * columns + column] }
        }
        return all
    }

    /// The threads of this rank. Collective.
    func team() throws -> LaneTeam {
        _ = try ProcessorKernels.agreed(in: group, logger)
        try ProcessorKernels.check(members.map(\.model.network), in: group)
        return try LaneTeam.forRank(threads: threads, group: group, logger: logger)
    }

    /// All that is read: the models, the files of these stamps, and those of their features and identifiers.
    func inputs(_ stamps: [String], _ features: String?, _ identifiers: String?) -> [String] {
        members.flatMap { ModelFiles.files($0.path) } + stamps.map { StampFiles.file(of: $0) }
            + [features].compactMap { $0.map(FeatureTable.file) }
            + [identifiers].compactMap { $0.map(StampColumn.file) }
    }

    /// What some stamps are called, on rank 0; nil elsewhere, and without the option. Collective.
    ///
    /// - Parameter option: the value of `--ids`.
    /// - Throws: `AgreedFault` for a column that cannot be read, or does not have a row for each stamp.
    func identifiers(_ option: String?, of stamps: StampCollection) throws -> [String]? {
        try group.onRoot {
            try option.map { option in
                let column = try StampColumn(option: "--ids", option)
                try column.check(count: stamps.count)
                return column.texts
            }
        } ?? nil
    }

    /// The models' classes; nil where no model names them.
    public var classes: StampClasses? {
        get throws {
            guard let named = members.first(where: { $0.model.classNames != nil }) else { return nil }
            return try StampClasses(named.model.classNames!, from: named.path)
        }
    }

    private func checkClasses(_ stamps: StampCollection) throws {
        let outputs = model.network.outputs
        guard stamps.classes.count != classCount else { return }
        throw Fault(
            .badData, members[0].path,
            "has \(FormattedNumber.counted(outputs, "output")), the stamps have \(stamps.classes.count) classes "
                + "(\(stamps.classes))",
            remedy: "use a model with \(stamps.classes.count) outputs, or stamps of its classes")
    }

    /// What reads stamps for each of the models.
    ///
    /// - Throws: a `badData` fault when the stamps are not such as a model takes.
    func readers(_ stamps: StampCollection) throws -> [StampReader] {
        try members.map { try $0.reader(stamps) }
    }
}

extension Prediction.Member {
    /// What rank 0 sends of a member besides its weights.
    private struct Header: Codable {
        let path: String
        let network: NetworkDescription
        let preparation: StampPreparation
        let threshold: Float
        let temperature: Float
        let chosen: StampPreparation
        let classNames: [String]?
        let features: FeaturePreparation?
    }

    /// Rank 0's member on all ranks. Collective.
    fileprivate static func shared(_ own: Self?, in group: any ProcessGroup) throws -> Self {
        if let own, group.size == 1 { return own }
        let header = try group.shared {
            let own = own!
            return Header(
                path: own.path, network: own.model.network.description, preparation: own.model.preparation,
                threshold: own.model.decision.threshold, temperature: own.model.decision.temperature,
                chosen: own.preparation, classNames: own.model.classNames, features: own.model.features)
        }
        let member = try group.agree {
            if let own { return own }
            let network = try Network(header.network)
            let model = TrainedModel(
                network: network, weights: Weights(network: network), preparation: header.preparation,
                decision: DecisionRule(threshold: header.threshold, temperature: header.temperature),
                classNames: header.classNames, features: header.features)
            return Self(path: header.path, model: model, preparation: header.chosen)
        }
        try group.broadcast(member.model.weights)
        return member
    }

    fileprivate init(_ path: String, _ normalization: Normalization?, _ reading: ModelReading) throws {
        let model = try ModelFiles.read(path, reading)
        // Otherwise each stamp would seem to be at fault.
        guard model.weights.isFinite else {
            throw Fault(
                .badData, path, "has weights that are not finite: its training diverged",
                remedy: "train again with a smaller --learning-rate")
        }
        let chosen = model.preparation.normalized(by: normalization)
        guard !chosen.normalization.isUnmeasured else {
            throw Fault(
                .usage, "--normalize standard", "needs the mean and deviation of a training set, which \(path) has not",
                remedy: "leave it out, or train with it")
        }
        self.init(path: path, model: model, preparation: chosen)
    }

    /// What reads stamps for the model.
    fileprivate func reader(_ stamps: StampCollection) throws -> StampReader {
        let name = stamps.location(0).path
        let reader: StampReader
        do {
            reader = try StampReader(stamps, preparation)
        } catch let fault as Fault {
            throw Fault(
                .badData, name, "holds other stamps than \(path) was trained on: its \(fault.subject) \(fault.problem)",
                remedy: "use such stamps, or train a model for these")
        }
        if let (takes, are, _) = InputMismatch.of(model.network.inputShape, reader.inputShape) {
            throw Fault(
                .badData, name, "holds stamps \(are), \(path) takes them \(takes)",
                remedy: "name stamps \(takes), or with --model a model that was trained on stamps \(are)")
        }
        return reader
    }
}
