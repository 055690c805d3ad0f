import Files
import Metrics

/// How well a network does on each kind of stamp that the simulator draws.
struct KindResults {
    private struct Kind {
        let name: String
        let trueClass: Int
        var stamps = 0
        var correct = 0

        var share: WilsonInterval { WilsonInterval(successes: correct, trials: stamps) }
    }

    private let kinds: [Kind]
    private let words: TwoClassWords
    private let classNames: [String]

    /// - Parameters:
    ///   - samples: the test set.
    ///   - kinds: of all stamps, by their index.
    ///   - threshold: the probability above which a stamp counts as a source.
    init(_ samples: [ScoredSample], kinds: [String], threshold: Float, classNames: [String]) {
        struct Key: Hashable {
            let name: String
            let trueClass: Int
        }
        var counts: [Key: Kind] = [:]
        for sample in samples where kinds.indices.contains(sample.index) && !kinds[sample.index].isEmpty {
            let key = Key(name: kinds[sample.index], trueClass: sample.trueClass)
            let isRight = ThresholdRule.isSource(sample.score, above: threshold) == sample.isSource
            counts[key, default: Kind(name: key.name, trueClass: key.trueClass)].stamps += 1
            if isRight { counts[key]?.correct += 1 }
        }
        self.kinds = counts.values.sorted {
            ($0.trueClass, $0.share.share, $0.name) < ($1.trueClass, $1.share.share, $1.name)
        }
        (words, self.classNames) = (TwoClassWords(classNames), classNames)
    }

    /// The table; nil without stamps of a known kind.
    var table: HTML? {
        guard !kinds.isEmpty else { return nil }
        let rows = kinds.map { kind in
            let share = kind.share
            return [
                kind.name, classNames[kind.trueClass], "\(kind.stamps)", "\(kind.stamps - kind.correct)",
                FormattedNumber.fixed(share.share, 4),
                "\(FormattedNumber.fixed(share.lower, 4))–\(FormattedNumber.fixed(share.upper, 4))",
            ]
        }
        return HTML.table(
            caption: "By what the simulator drew, the hardest kind of each class first; wrong are false positives of "
                + "\(words.noise) and misses of \(words.sources)",
            ["kind", "class", "stamps", "wrong", "share classified correctly", "95 % interval (Wilson)"], rows,
            numbers: [2, 3, 4, 5])
    }
}
