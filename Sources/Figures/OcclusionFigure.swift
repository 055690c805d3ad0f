import Faults
import Files
import Metrics

/// A test stamp and its occlusion map.
public struct OccludedStamp: Sendable {
    public let sample: ClassifiedSample
    /// The file that holds the stamp, and its number there, from 0.
    public let file: String
    public let number: Int
    public let picture: StampPicture
    /// For each pixel, 1 − the probability P when what lies around it is covered.
    public let map: [Float]

    public init(sample: ClassifiedSample, file: String, number: Int, picture: StampPicture, map: [Float]) {
        precondition(map.count == picture.height * picture.width, "a map of another size")
        (self.sample, self.file, self.number) = (sample, file, number)
        (self.picture, self.map) = (picture, map)
    }
}

/// What the network looks at in the stamps that it is most wrong and most right about: occlusion maps laid over them, as in
/// astroML's notebook.
public struct OcclusionFigure: Sendable {
    /// How many stamps a row has.
    public static let columns = 5
    /// What covers a stamp where the map is largest, and how much of it.
    private static let colour: (red: Float, green: Float, blue: Float) = (213, 94, 0)
    private static let opacity: Float = 0.5
    private static let longestName = 28

    private let rows: [[OccludedStamp]]
    private let classNames: [String]
    private let probability: String
    private let window: Int

    /// - Parameters:
    ///   - worst, best: at most ``columns`` each.
    ///   - probability: of what P is the probability.
    ///   - window: the side of the square that is covered, in pixels.
    public init(
        worst: [OccludedStamp], best: [OccludedStamp], classNames: [String], probability: String, window: Int
    ) {
        rows = [worst, best].filter { !$0.isEmpty }
        (self.classNames, self.probability, self.window) = (classNames, probability, window)
    }

    /// The figure; nil without stamps.
    public var plot: Plot? {
        guard let first = rows.first?.first?.picture else { return nil }
        let stamps = rows.flatMap { $0 }
        var table = Table(
            "image", "index", "true_class", "predicted_class", "probability", "file", "stamp", "map_least",
            "map_greatest")
        for (image, stamp) in stamps.enumerated() {
            let (sample, range) = (stamp.sample, Self.range(stamp.map))
            table.append(
                image, sample.index, sample.trueClass, sample.predictedClass, sample.probability, stamp.file,
                stamp.number, range.lowerBound, range.upperBound)
        }
        let images = ImageStack(
            height: first.height, width: first.width, channels: 3, pixels: stamps.flatMap(Self.overlay))
        var next = 0
        let grid = ImageGrid(
            name: "occlusion", images: images, headings: stamps.map(heading),
            rows: rows.map { row in
                defer { next += row.count }
                return Array(next..<next + row.count)
            }, colours: .asTheyAre, headingHeight: 62)
        let channel = first.channels.count > 1 ? " Of the channels, \(first.channels[0].printable) is shown." : ""
        return Plot(
            name: "occlusion", title: "What the network looks at",
            description:
                "Occlusion maps over the stamps of the test set that the network is most confidently wrong about, "
                + "then those that it is most confidently right about. The redder, the larger 1 − P becomes when a square "
                + "of \(window) pixels there is covered, between the two values above each stamp; P is the probability of "
                + "\(probability) with nothing covered." + channel,
            table: table, images: images, size: grid.size, commands: grid.commands)
    }

    private func heading(_ stamp: OccludedStamp) -> ImageGrid.Heading {
        let sample = stamp.sample, range = Self.range(stamp.map)
        let file = (stamp.file.split(separator: "/").last.map(String.init) ?? stamp.file).printable
        let number = " [\(stamp.number)]"
        let place = file.shortened(to: max(8, Self.longestName - number.count)) + number
        let name = ClassLabels(classNames).escaped(sample.trueClass)
        let map = [range.lowerBound, range.upperBound].map { FormattedNumber.fixed(Double($0), 2) }
        return ImageGrid.Heading(
            text: "'true \(name), '.\"{/:Italic P} = \(FormattedNumber.metric(Double(sample.probability)))\\n\"."
                + "'\(ClassLabels.escaped(place))'.\"\\n1 − {/:Italic P} from \(map[0]) to \(map[1])\"",
            isWarning: sample.predictedClass != sample.trueClass)
    }

    /// The least and the greatest value of a map.
    private static func range(_ map: [Float]) -> ClosedRange<Float> {
        let finite = map.filter(\.isFinite)
        guard let least = finite.min(), let greatest = finite.max() else { return 0...0 }
        return least...greatest
    }

    /// Red, green and blue, from 0 to 255, of each pixel: the stamp's first channel in grey under the map's colour.
    private static func overlay(_ stamp: OccludedStamp) -> [Float] {
        let channels = stamp.picture.channels.count
        let values = stride(from: 0, to: stamp.picture.values.count, by: channels).map { stamp.picture.values[$0] }
        let (grey, covered) = (range(values), range(stamp.map))
        func share(_ value: Float, _ range: ClosedRange<Float>) -> Float {
            let width = range.upperBound - range.lowerBound
            return value.isFinite && width > 0 ? (value - range.lowerBound) / width : 0
        }
        return zip(values, stamp.map).flatMap { value, map in
            let (level, alpha) = (255 * share(value, grey), opacity * share(map, covered))
            return [colour.red, colour.green, colour.blue].map { ((1 - alpha) * level + alpha * $0).rounded() }
        }
    }
}
