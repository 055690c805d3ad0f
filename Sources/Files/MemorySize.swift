import Faults

/// A number of bytes as people write it: `8G`, `512M`, `65536`; a K is 1024 bytes.
public struct MemorySize: Hashable, Sendable, CustomStringConvertible {
    public let bytes: Int

    private static let units: [(letter: Character, shift: Int)] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)]

    public init(bytes: Int) {
        precondition(bytes >= 0, "\(bytes) bytes")
        self.bytes = bytes
    }

    /// Nil unless `text` is a whole number of bytes, K, M, G or T, and not too large.
    public init?(parsing text: String) {
        let unit = Self.units.first { text.uppercased().last == $0.letter }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int(digits) else {
            return nil
        }
        let (bytes, isTooLarge) = count.multipliedReportingOverflow(by: 1 << (unit?.shift ?? 0))
        guard !isTooLarge else { return nil }
        self.init(bytes: bytes)
    }

    /// In the largest unit that is exact.
    public var description: String {
        for (letter, shift) in Self.units where bytes > 0 && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(letter)"
        }
        return "\(bytes)"
    }

    /// The approximate size, for people: rounded up to a whole number of a unit, of at most four digits.
    public var rounded: String {
        for (letter, shift) in Self.units.reversed() where bytes > 0 {
            let count = (bytes + (1 << shift) - 1) >> shift
            if count < 10_000 { return "\(count)\(letter)" }
        }
        return description
    }
}

extension MemorySize: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let size = MemorySize(parsing: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no size")
        }
        self = size
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
