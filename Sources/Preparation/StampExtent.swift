import Faults

/// A size in pixels that stamps are cropped or padded to: `21`, or `21x25` for 21 rows and 25 columns.
public struct StampExtent: Hashable, Sendable {
    public let height: Int
    public let width: Int

    /// The most rows or columns: no stamp has more, and what is computed with them stays far from overflowing.
    public static let mostPixels = 1 << 15

    /// Nil unless both are from 1 to ``mostPixels``.
    public init?(height: Int, width: Int) {
        guard 1...Self.mostPixels ~= height, 1...Self.mostPixels ~= width else { return nil }
        (self.height, self.width) = (height, width)
    }

    /// Reads the value of an option.
    ///
    /// - Parameter name: that of the option.
    /// - Throws: `Fault(.usage)`.
    public init(option text: String, of name: String) throws {
        let sides = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sides.count <= 2, let extent = StampExtent(height: sides[0], width: sides[sides.count - 1]) else {
            throw Fault(
                .usage, "\(name) \(text)", "must be one or two sides from 1 to \(Self.mostPixels) pixels",
                remedy: "give, for instance, 21, or 21x25 for 21 rows of 25 pixels")
        }
        self = extent
    }
}

extension StampExtent: CustomStringConvertible {
    /// As on the command line: `21`, `21x25`.
    public var description: String { height == width ? "\(height)" : "\(height)x\(width)" }
}

/// As JSON: `[rows, columns]`.
extension StampExtent: Codable {
    public init(from decoder: any Decoder) throws {
        let sides = try decoder.singleValueContainer().decode([Int].self)
        guard sides.count == 2, let extent = StampExtent(height: sides[0], width: sides[1]) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "\(sides) is no size"))
        }
        self = extent
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([height, width])
    }
}
