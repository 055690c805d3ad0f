import Faults
import Tensors

/// The random cut of a data set into training, validation and test stamps. The parts never overlap and are everything.
public struct DataSplit: Sendable {
    public let training: [Int]
    public let validation: [Int]
    public let test: [Int]

    /// Cuts `stamps` in a random order drawn from the seed.
    ///
    /// The parts end at ⌊n·f₁⌋, ⌊n·(f₁ + f₂)⌋ and n, so 109,523 stamps in 0.7, 0.1, 0.2 are 76,666, 10,952 and 21,905
    /// (astroML's `split_samples`). Of a fold i of K the test part is that from ⌊n·(i − 1)/K⌋ to ⌊n·i/K⌋, and the rest is
    /// cut into training and validation in the ratio of their shares.
    ///
    /// Where stamps belong to groups, groups are brought into a random order, and every cut moves to the nearest place
    /// between two of them: no group is in two parts.
    ///
    /// Where classes are given, each class is brought into a random order, and the place of its stamp k of n is
    /// (k + ½) / n of the way: every part has its share of each class, to one stamp at each of its ends. The parts are as
    /// large as without.
    ///
    /// Stamps whose part is settled are not cut. Where validation or the test has such stamps it gets no others, and
    /// the rest is cut in the ratio of the shares that remain.
    ///
    /// - Parameters:
    ///   - groups: the group of each stamp, by the stamp's number; nil where each is one of its own.
    ///   - classes: the class of a stamp, by its number, where parts are to have their share of each.
    ///   - settled: the part of a stamp, by its number; nil for one that is cut.
    ///   - separate: the parts that have stamps of their own, be it none that can be used.
    public init(
        _ stamps: [Int], fractions: SplitFractions, seed: UInt64, groups: [Int]? = nil, fold: Fold? = nil,
        stratifiedBy classes: ((Int) -> Int)? = nil, settled: (Int) -> DataPart? = { _ in nil },
        separate: Set<DataPart> = []
    ) {
        let free = separate.isEmpty ? stamps : stamps.filter { settled($0) == nil }
        let cut = DataSplit(
            cutting: free, fractions: fractions.without(separate), seed: seed, groups: groups, fold: fold,
            stratifiedBy: classes)
        guard !separate.isEmpty else {
            self = cut
            return
        }
        func own(_ part: DataPart) -> [Int] { stamps.filter { settled($0) == part } }
        (training, validation, test) = (
            cut.training + own(.training), cut.validation + own(.validation), cut.test + own(.test)
        )
    }

    private init(
        cutting stamps: [Int], fractions: SplitFractions, seed: UInt64, groups: [Int]?, fold: Fold?,
        stratifiedBy classes: ((Int) -> Int)?
    ) {
        var stream = CounterBasedRandom(seed: seed).stream(.split)
        let shuffled: Shuffled
        if let groups {
            var members = Dictionary(grouping: stamps) { groups[$0] }.sorted { $0.key < $1.key }.map(\.value)
            stream.shuffle(&members)
            shuffled = Shuffled(groups: members)
        } else {
            var all = stamps
            stream.shuffle(&all)
            shuffled = Shuffled(classes.map { Self.dealt(all, by: $0) } ?? all)
        }
        guard let fold else {
            let first = fractions.end(of: fractions.training, count: stamps.count)
            let second = fractions.end(of: fractions.training + fractions.validation, count: stamps.count)
            let ends = (shuffled.cut(near: first), shuffled.cut(near: second))
            training = Array(shuffled.stamps[..<ends.0])
            validation = Array(shuffled.stamps[ends.0..<ends.1])
            test = Array(shuffled.stamps[ends.1...])
            return
        }
        let ends = [fold.number - 1, fold.number].map { shuffled.cut(near: stamps.count * $0 / fold.count) }
        test = Array(shuffled.stamps[ends[0]..<ends[1]])
        let rest = shuffled.without(ends[0]..<ends[1])
        let share = fractions.training / (fractions.training + fractions.validation)
        let end = rest.cut(near: fractions.end(of: share, count: rest.stamps.count))
        training = Array(rest.stamps[..<end])
        validation = Array(rest.stamps[end...])
    }

    /// Stamps in an order of which every piece has its share of each class, to one stamp at each of its ends; those of
    /// one class follow each other as they do in `stamps`.
    private static func dealt(_ stamps: [Int], by label: (Int) -> Int) -> [Int] {
        let classes = Dictionary(grouping: stamps, by: label)
        return classes.sorted { $0.key < $1.key }
            .flatMap { _, members in
                members.enumerated().map { (place: (Double($0) + 0.5) / Double(members.count), stamp: $1) }
            }
            // Classes that are level stay in their order: the algorithm is stable only by what it is told.
            .enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element.stamp)
    }
}

/// Stamps in a random order, and where it may be cut.
private struct Shuffled {
    let stamps: [Int]
    /// The places between groups, first and last included; nil where it may be cut anywhere.
    private let cuts: [Int]?

    init(_ stamps: [Int]) { (self.stamps, cuts) = (stamps, nil) }

    init(groups: [[Int]]) {
        stamps = groups.flatMap { $0 }
        cuts = groups.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    }

    private init(_ stamps: [Int], cuts: [Int]?) { (self.stamps, self.cuts) = (stamps, cuts) }

    /// The nearest place where it may be cut; the later of two.
    func cut(near place: Int) -> Int {
        guard let cuts else { return place }
        return cuts.min { (abs($0 - place), -$0) < (abs($1 - place), -$1) }!
    }

    func without(_ range: Range<Int>) -> Shuffled {
        let cuts = cuts.map { cuts in
            cuts.filter { $0 <= range.lowerBound }
                + cuts.filter { $0 > range.upperBound }.map { $0 - range.count }
        }
        return Shuffled(Array(stamps[..<range.lowerBound] + stamps[range.upperBound...]), cuts: cuts)
    }
}

/// One fold of a cross-validation: which part of the stamps is the test set.
public struct Fold: Hashable, Sendable, Codable {
    /// From 1.
    public let number: Int
    /// Into how many parts the stamps are cut.
    public let count: Int

    public init(number: Int, of count: Int) {
        precondition((1...count).contains(number) && count > 1, "fold \(number) of \(count)")
        (self.number, self.count) = (number, count)
    }

    enum CodingKeys: String, CodingKey {
        case number = "fold"
        case count = "folds"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let (number, count) = (
            try container.decode(Int.self, forKey: .number), try container.decode(Int.self, forKey: .count)
        )
        guard count > 1, (1...count).contains(number) else {
            throw DecodingError.dataCorruptedError(
                forKey: .number, in: container, debugDescription: "there is no fold \(number) of \(count)")
        }
        self.init(number: number, of: count)
    }
}

extension Fold: CustomStringConvertible {
    public var description: String { "\(number) of \(count)" }
}

/// The shares of training, validation and test stamps; their sum is 1.
public struct SplitFractions: Hashable, Sendable, Codable {
    public let training: Double
    public let validation: Double
    public let test: Double

    /// The notebook's: 0.7, 0.1 and 0.2.
    public static let standard = try! SplitFractions(0.7, 0.1, 0.2)

    /// How much their sum may differ from 1: thirds with six decimals do.
    private static let tolerance = 2e-6

    /// - Throws: `Fault` if a share is negative or not a number, nothing is left to train on, or they do not add up to
    ///   1.
    public init(_ training: Double, _ validation: Double, _ test: Double) throws {
        let sum = training + validation + test
        guard training > 0, validation >= 0, test >= 0, sum.isFinite else {
            throw Fault(
                .usage, "--split \(training),\(validation),\(test)", "shares must not be negative, nor the first zero",
                remedy: "give three shares such as 0.7,0.1,0.2")
        }
        guard abs(sum - 1) <= Self.tolerance else {
            throw Fault(
                .usage, "--split \(training),\(validation),\(test)", "shares must add up to 1, not \(Float(sum))",
                remedy: "give three shares such as 0.7,0.1,0.2")
        }
        self.training = training / sum
        self.validation = validation / sum
        self.test = test / sum
    }

    /// The shares of what is cut where some parts have stamps of their own: theirs are 0, and the others in the same
    /// ratio. Where no share remains all is for training.
    fileprivate func without(_ separate: Set<DataPart>) -> SplitFractions {
        guard !separate.isEmpty else { return self }
        let shares = [
            training, separate.contains(.validation) ? 0 : validation, separate.contains(.test) ? 0 : test,
        ]
        let sum = shares.reduce(0, +)
        return try! SplitFractions(shares[0] / sum, shares[1] / sum, shares[2] / sum)
    }

    /// ⌊count·share⌋, without the rounding errors of shares such as 0.7 + 0.1 and 0.7 + 0.3.
    fileprivate func end(of share: Double, count: Int) -> Int {
        min(count, Int((Double(count) * share + 1e-9 * Double(max(count, 1))).rounded(.down)))
    }
}

extension SplitFractions: CustomStringConvertible {
    /// As on the command line: `0.7,0.1,0.2`.
    public var description: String { "\(training),\(validation),\(test)" }
}
