import Faults
import Files

/// What the axes of an array of stamps mean where its shape leaves that open.
public enum StampLayout: String, CaseIterable, Codable, Sendable {
    /// Four axes are (N, height, width, channels).
    case nhwc
    /// Four axes are (N, channels, height, width).
    case nchw
    /// Two equal axes are one stamp.
    case stamp
    /// Two axes are flattened square stamps, one in each row.
    case flat
}

/// One reading of an array's shape as stamps.
struct StampShape: Hashable, Codable, Sendable, CustomStringConvertible {
    var count: Int
    var height: Int
    var width: Int
    var channels = 1
    /// The layout with which the array is read so.
    var layout = StampLayout.nhwc

    /// What a stamp is: stamps that differ in it do not go together.
    var size: [Int] { [height, width, channels] }

    /// `3 channels of 63×63`, `one stamp of 9×9`, `9 stamps of 3×3`.
    var description: String {
        switch layout {
        case .nhwc, .nchw: "\(channels == 1 ? "1 channel" : "\(channels) channels") of \(height)×\(width)"
        case .stamp: "one stamp of \(height)×\(width)"
        case .flat: "\(count) of \(height)×\(width)"
        }
    }

    /// Whether nobody would take the channels for a side of the stamps, or a side for the channels: these are fewer than
    /// either side, and unless the stamps are square, not half as many.
    private var isClear: Bool {
        let side = min(height, width)
        return channels < side && (height == width || channels <= side / 2)
    }
}

extension StampShape {
    /// How an array of this shape can be read: not at all, in one way, or in two, between which something else decides.
    ///
    /// - Parameters:
    ///   - layout: what was said of the axes; nil for nothing.
    ///   - name: what messages call the array.
    /// - Throws: a `badData` fault when the shape says clearly that it has another layout.
    static func readings(of shape: [Int], layout: StampLayout?, name: String) throws -> [StampShape] {
        guard shape.dropFirst().allSatisfy({ $0 > 0 }) else { return [] }
        switch shape.count {
        case 2: return ofTwoAxes(shape, layout)
        case 3: return [StampShape(count: shape[0], height: shape[1], width: shape[2])]
        case 4: return try ofFourAxes(shape, layout, name)
        default: return []
        }
    }

    /// Whether an array of this shape may be one of stamps.
    static func isOfStamps(_ shape: [Int]) -> Bool {
        guard let readings = try? readings(of: shape, layout: nil, name: "") else { return true }
        return !readings.isEmpty
    }

    /// One image with these two sides.
    init(ofImage shape: [Int]) { self.init(count: 1, height: shape[0], width: shape[1], layout: .stamp) }

    private static func ofTwoAxes(_ shape: [Int], _ layout: StampLayout?) -> [StampShape] {
        let side = Int(Double(shape[1]).squareRoot())
        let flat = side * side == shape[1] ? StampShape(count: shape[0], height: side, width: side, layout: .flat) : nil
        let single =
            shape[0] == shape[1] ? StampShape(count: 1, height: shape[0], width: shape[1], layout: .stamp) : nil
        // One pixel is one pixel.
        if let single, single.size == flat?.size || layout == .stamp { return [single] }
        return layout == .flat ? [flat].compactMap { $0 } : [single, flat].compactMap { $0 }
    }

    private static func ofFourAxes(_ shape: [Int], _ layout: StampLayout?, _ name: String) throws -> [StampShape] {
        let last = StampShape(count: shape[0], height: shape[1], width: shape[2], channels: shape[3])
        let first = StampShape(
            count: shape[0], height: shape[2], width: shape[3], channels: shape[1], layout: .nchw)
        switch layout {
        case .nchw:
            guard !last.isClear else { throw contradiction(name, shape, first, clearly: last) }
            return [first]
        case .nhwc, .stamp, .flat, nil:
            // An axis of length 1 at the end holds nothing but the one channel.
            if last.isClear || last.channels == 1 { return [last] }
            guard !first.isClear else { throw contradiction(name, shape, last, clearly: first) }
            return layout == .nhwc ? [last] : [last, first]
        }
    }

    private static func contradiction(
        _ name: String, _ shape: [Int], _ reading: StampShape, clearly other: StampShape
    ) -> Fault {
        Fault(
            .badData, name,
            """
            has the shape \(shapeText(shape)), which is \(other) (\(other.layout)) rather than \(reading) \
            (\(reading.layout))
            """,
            remedy: "say so with --layout \(other.layout)")
    }

    /// The reading of the shape of `array`, if it is one of stamps and has but one.
    ///
    /// - Parameter sizes: those of stamps that go with it, which may decide.
    static func only(
        _ readings: [StampShape], of array: NumericArray, besides sizes: Set<[Int]> = []
    ) throws -> StampShape {
        let fitting = readings.filter { sizes.contains($0.size) }
        let left = fitting.isEmpty ? readings : fitting
        guard let reading = left.first else {
            throw Fault(
                .badData, array.name, "has the shape \(shapeText(array.shape)), which is not one of stamps",
                remedy: "save it as (N, height, width), (N, height, width, channels) or (N, pixels) of square stamps")
        }
        guard left.count == 1 else { throw ambiguity(array, left[0], left[1]) }
        guard reading.count > 0 else {
            throw Fault(
                .badData, array.name, "holds no stamps: its shape is \(shapeText(array.shape))",
                remedy: "name a file with at least one stamp")
        }
        return reading
    }

    private static func ambiguity(_ array: NumericArray, _ one: StampShape, _ other: StampShape) -> Fault {
        Fault(
            .badData, array.name, "has the shape \(shapeText(array.shape)), which may be \(one) or \(other)",
            remedy: "say which with --layout \(one.layout) or --layout \(other.layout)")
    }
}
