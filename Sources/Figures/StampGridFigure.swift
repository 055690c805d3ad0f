import Faults
import Files
import Metrics

/// A stamp as the network sees it.
public struct StampPicture: Hashable, Sendable {
    public let height: Int
    public let width: Int
    /// The names of its channels.
    public let channels: [String]
    /// (height, width, channels), row by row.
    public let values: [Float]

    public init(height: Int, width: Int, channels: [String] = [""], values: [Float]) {
        precondition(values.count == height * width * channels.count, "\(values.count) values of another stamp")
        (self.height, self.width, self.channels, self.values) = (height, width, channels, values)
    }
}

/// What a network makes of a test stamp.
public struct ClassifiedSample: Hashable, Sendable {
    public let index: Int
    public let trueClass: Int
    public let predictedClass: Int
    /// That of a source, or of more than two classes that of the predicted one.
    public let probability: Float

    /// - Parameter threshold: the probability above which a stamp counts as a source.
    public init(_ sample: ScoredSample, threshold: Float) {
        (index, trueClass, probability) = (sample.index, sample.trueClass, sample.score)
        predictedClass = ThresholdRule.predictedClass(sample.score, above: threshold)
    }

    /// - Parameter sample: its place among the predictions.
    public init(_ sample: Int, of predictions: ClassPredictions) {
        (index, trueClass) = (predictions.indices[sample], predictions.trueClasses[sample])
        (predictedClass, probability) = (predictions.predictedClasses[sample], predictions.topProbability(sample))
    }
}

/// A test stamp as the network sees it, and the network's prediction.
public struct ClassifiedStamp: Hashable, Sendable {
    public let sample: ClassifiedSample
    /// What the user calls the stamp; nil if nobody says.
    public let identifier: String?
    /// Of the source in it; nil if there is none or nobody says.
    public let signalToNoise: Double?
    /// What the simulator drew; nil for other stamps.
    public let kind: String?
    public let picture: StampPicture

    public init(
        sample: ClassifiedSample, identifier: String? = nil, signalToNoise: Double? = nil, kind: String? = nil,
        picture: StampPicture
    ) {
        (self.sample, self.identifier, self.picture) = (sample, identifier, picture)
        (self.signalToNoise, self.kind) = (signalToNoise, kind)
    }

    /// What is known of what the stamp shows, for instance `S/N 4.2, crowded`; empty for nothing.
    var remark: String {
        [signalToNoise.map { "S/N \(FormattedNumber.significant($0, 3))" }, kind?.printable].compactMap { $0 }
            .joined(separator: ", ")
    }
}

/// Test stamps in rows, with true class, predicted class and probability: the notebook's `plot_image_array`.
public struct StampGridFigure: Sendable {
    /// How many stamps of one channel a row has.
    public static let columns = 5
    /// The longest identifier above a stamp of one channel.
    private static let longestName = 26
    /// How many channels a row has at most, unless a stamp has more.
    private static let mostChannels = 9

    private let name: String
    private let title: String
    private let description: String
    private let rows: [[ClassifiedStamp]]
    private let classNames: [String]

    private init(
        name: String, title: String, description: String, rows: [[ClassifiedStamp]], classNames: [String]
    ) {
        (self.name, self.title, self.description) = (name, title, description)
        (self.rows, self.classNames) = (rows, classNames)
    }

    /// How many stamps a row has.
    private static func columns(channels: Int) -> Int { channels == 1 ? columns : max(1, mostChannels / channels) }

    private static func inRows(_ stamps: [ClassifiedStamp]) -> [[ClassifiedStamp]] {
        guard let channels = stamps.first?.picture.channels.count else { return [] }
        let columns = columns(channels: channels)
        return stride(from: 0, to: stamps.count, by: columns).map {
            Array(stamps[$0..<min($0 + columns, stamps.count)])
        }
    }

    /// What is said of the grey scale, and of several channels.
    private static func greySentence(_ stamps: [ClassifiedStamp]) -> String {
        guard let channels = stamps.first?.picture.channels, channels.count > 1 else {
            return " Black is the least value of each stamp and white its greatest, as written above it."
        }
        return " Each stamp's channels stand side by side, each from its own minimum to its maximum: "
            + channels.map(\.printable).joined(separator: ", ") + "."
    }

    /// The figure; nil without stamps.
    public var plot: Plot? {
        guard let first = rows.first?.first?.picture else { return nil }
        let stamps = rows.flatMap { $0 }
        let areNamed = stamps.allSatisfy { $0.identifier != nil }
        let (haveRatios, haveKinds) = (stamps.contains { $0.signalToNoise != nil }, stamps.contains { $0.kind != nil })
        var table = Table(
            ["image", "index"] + (areNamed ? ["id"] : []) + ["true_class", "predicted_class", "probability"]
                + (haveRatios ? ["snr"] : []) + (haveKinds ? ["kind"] : []))
        for (image, stamp) in stamps.enumerated() {
            let sample = stamp.sample
            var row: [any CustomStringConvertible] = [image, sample.index]
            if areNamed, let name = stamp.identifier { row.append(name) }
            row += [sample.trueClass, sample.predictedClass, sample.probability] as [any CustomStringConvertible]
            if haveRatios { row.append(stamp.signalToNoise ?? .nan) }
            if haveKinds { row.append(stamp.kind ?? "") }
            table.append(row)
        }
        let channels = first.channels.count
        let images = ImageStack(
            height: first.height, width: first.width, channels: channels, pixels: stamps.flatMap(\.picture.values))
        var next = 0
        // Those that each heading has below the classes and the probability.
        let lines = (areNamed ? 1 : 0) + (haveRatios || haveKinds ? 1 : 0) + (channels == 1 ? 1 : 0)
        let grid = ImageGrid(
            name: name, images: images, headings: stamps.map(heading),
            channelTitles: first.channels.map { "'\(ClassLabels.escaped($0.printable))'" },
            rows: rows.map { row in
                defer { next += row.count }
                return Array(next..<next + row.count)
            }, colours: .grey, imageWidth: channels == 1 ? 160 : 96,
            headingHeight: (isUsual ? 40 : 54) + (channels == 1 ? 0 : 8) + 17 * Double(lines))
        return Plot(
            name: name, title: title, description: description, table: table, images: images, size: grid.size,
            commands: grid.commands)
    }

    /// Whether the classes are noise and sources.
    private var isUsual: Bool { classNames == ClassificationMetrics.noiseAndSource }

    private func heading(_ stamp: ClassifiedStamp) -> ImageGrid.Heading {
        let sample = stamp.sample
        let rest =
            ([stamp.identifier?.printable ?? "", stamp.remark].filter { !$0.isEmpty } + greyScale(stamp.picture))
            .map { ".\"\\n\".'\(ClassLabels.escaped($0.shortened(to: Self.longestName)))'" }.joined()
        let probability = FormattedNumber.metric(Double(sample.probability))
        let isWarning = sample.predictedClass != sample.trueClass
        let names = [sample.trueClass, sample.predictedClass].map { classNames[$0] }
        if isUsual {
            // `\n` and `{/:Italic …}` are gnuplot's.
            return ImageGrid.Heading(
                text: "\"true \(names[0]), predicted \(names[1])\\n"
                    + "{/:Italic P} = \(probability)  (no. \(sample.index))\"" + rest,
                isWarning: isWarning)
        }
        let labels = ClassLabels(names)
        return ImageGrid.Heading(
            text: "'true \(labels.escaped(0))'.\"\\n\".'predicted \(labels.escaped(1))'."
                + "\"\\n{/:Italic P} = \(probability)  (no. \(sample.index))\"" + rest,
            isWarning: isWarning)
    }

    /// The values that are black and white, of a stamp of one channel.
    private func greyScale(_ picture: StampPicture) -> [String] {
        let finite = picture.values.filter(\.isFinite)
        guard picture.channels.count == 1, let least = finite.min(), let greatest = finite.max() else { return [] }
        let texts = [least, greatest].map { FormattedNumber.significant(Double($0), 3) }
        return ["grey: \(texts[0]) to \(texts[1])"]
    }
}

// MARK: Two classes

extension StampGridFigure {
    /// Which stamps the grid of both classes shows: up to ten of each, evenly spaced in the test set.
    public static func examples(_ samples: [ScoredSample]) -> [ScoredSample] {
        [0, 1].flatMap { trueClass in
            let members = samples.filter { $0.trueClass == trueClass }.sorted { $0.index < $1.index }
            let count = min(members.count, 2 * columns)
            return (0..<count).map { members[$0 * members.count / count] }
        }
    }

    /// How many mistakes a report shows at most, of each kind.
    public static let mostMistakes = 20

    /// Which stamps the grid of mistakes shows: the 20 that are misclassified with the highest probability of the wrong
    /// class, the worst one first.
    ///
    /// - Parameter trueClass: of the stamps; nil for both.
    public static func mistakes(
        _ samples: [ScoredSample], threshold: Float, trueClass: Int? = nil, most: Int = mostMistakes
    ) -> [ScoredSample] {
        let wrong = samples.filter {
            ThresholdRule.isSource($0.score, above: threshold) != $0.isSource
                && $0.trueClass == trueClass ?? $0.trueClass
        }
        let ordered = wrong.sorted {
            let (first, second) = (confidence(of: $0), confidence(of: $1))
            return first == second ? $0.index < $1.index : first > second
        }
        return Array(ordered.prefix(most))
    }

    /// The probability of the class that was wrongly predicted.
    private static func confidence(of mistake: ScoredSample) -> Double {
        mistake.isSource ? 1 - Double(mistake.score) : Double(mistake.score)
    }

    /// The grid of ``examples(_:)``, of `total` test stamps: noise above, sources below.
    public static func ofBothClasses(
        _ stamps: [ClassifiedStamp], total: Int, classNames: [String] = ClassificationMetrics.noiseAndSource
    ) -> StampGridFigure {
        let classes = [0, 1].map { trueClass in stamps.filter { $0.sample.trueClass == trueClass } }
        let words = TwoClassWords(classNames)
        let description =
            classes[0].isEmpty || classes[1].isEmpty
            ? "\(stamps.count) test stamps, all of one class"
            : "\(classes[0].count) \(words.noiseStamps) and \(classes[1].count) \(words.sources)"
        return StampGridFigure(
            name: "stamps", title: "Test stamps",
            description:
                "\(description), evenly spaced among the \(total) stamps of the test set, as the network sees them: "
                + "true class, predicted class, and the probability P of "
                + "\(words.oneSource). Wrong ones have a red heading."
                + greySentence(stamps),
            rows: classes.flatMap(inRows), classNames: classNames)
    }

    /// The grid of ``mistakes(_:threshold:trueClass:most:)`` of one class, of `total` such mistakes: false positives of
    /// class 0, misses of class 1.
    public static func ofMistakes(
        _ stamps: [ClassifiedStamp], total: Int, trueClass: Int,
        classNames: [String] = ClassificationMetrics.noiseAndSource
    ) -> StampGridFigure {
        let words = TwoClassWords(classNames)
        return ofMistakes(
            stamps, total: total, name: trueClass == 0 ? "false_positives" : "misses",
            title: words.mistakes(trueClass: trueClass),
            mistakes: trueClass == 0
                ? FormattedNumber.counted(total, "false positive") : FormattedNumber.counted(total, "miss", "misses"),
            probability: words.oneSource, classNames: classNames)
    }

    private static func ofMistakes(
        _ stamps: [ClassifiedStamp], total: Int, name: String, title: String, mistakes: String, probability: String,
        classNames: [String]
    ) -> StampGridFigure {
        let count =
            stamps.count == total
            ? (total == 1 ? "The only \(mistakes.dropFirst(2))" : "All \(mistakes)")
            : "The \(stamps.count) most confident of \(mistakes)"
        return StampGridFigure(
            name: name, title: title,
            description:
                "\(count) on the test set\(total == 1 ? "" : ", the worst first"): true class, predicted class, "
                + "and the probability P of \(probability)." + greySentence(stamps),
            rows: inRows(stamps), classNames: classNames)
    }
}

// MARK: More classes

extension StampGridFigure {
    /// Which stamps the grid of all classes shows: a row of each class that figures show, evenly spaced in the
    /// test set.
    ///
    /// - Parameter channels: how many a stamp has.
    public static func examples(_ predictions: ClassPredictions, channels: Int = 1) -> [ClassifiedSample] {
        let places = predictions.places, columns = columns(channels: channels)
        return ClassLabels.shown(predictions).flatMap { label in
            let members = places[label], count = min(members.count, columns)
            return (0..<count).map { ClassifiedSample(members[$0 * members.count / count], of: predictions) }
        }
    }

    /// Which stamps the grid of mistakes shows: the 20 that are misclassified with the highest probability, the worst
    /// one first.
    public static func mistakes(_ predictions: ClassPredictions, most: Int = mostMistakes) -> [ClassifiedSample] {
        let wrong = predictions.indices.indices.filter { !predictions.isCorrect($0) }
        let ordered = wrong.sorted {
            let (first, second) = (predictions.topProbability($0), predictions.topProbability($1))
            return first == second ? $0 < $1 : first > second
        }
        return ordered.prefix(most).map { ClassifiedSample($0, of: predictions) }
    }

    /// The grid of ``examples(_:channels:)``: a class in each row.
    public static func ofAllClasses(
        _ stamps: [ClassifiedStamp], of predictions: ClassPredictions, classNames: [String]
    ) -> StampGridFigure {
        let shown = ClassLabels.shown(predictions)
        return StampGridFigure(
            name: "stamps", title: "Test stamps",
            description:
                "\(stamps.count) test stamps, evenly spaced among those of each class, as the network sees them: "
                + "true class, predicted class, and its probability P. Wrong ones have a red heading."
                + ClassLabels.omission(shown, of: predictions) + greySentence(stamps),
            rows: shown.flatMap { label in inRows(stamps.filter { $0.sample.trueClass == label }) },
            classNames: classNames)
    }

    /// The grid of ``mistakes(_:most:)``.
    public static func ofMistakes(
        _ stamps: [ClassifiedStamp], of predictions: ClassPredictions, classNames: [String]
    ) -> StampGridFigure {
        let total = predictions.indices.indices.count { !predictions.isCorrect($0) }
        return ofMistakes(
            stamps, total: total, name: "mistakes", title: "Most confident mistakes",
            mistakes: FormattedNumber.counted(total, "mistake"), probability: "the predicted class",
            classNames: classNames)
    }
}
