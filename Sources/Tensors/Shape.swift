/// The extents of one sample's values: (height, width, channels) for maps, (features) for vectors. The batch is not
/// part of it.
public struct Shape: Hashable, Sendable, Codable, CustomStringConvertible, ExpressibleByArrayLiteral {
    public let extents: [Int]

    public init(_ extents: [Int]) {
        precondition(extents.allSatisfy { $0 > 0 }, "a shape's extents are positive, not \(extents)")
        self.extents = extents
    }

    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// - Throws: `DecodingError` when an extent is not positive or their product overflows `Int`, as in a damaged file.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        extents = try container.decode([Int].self)
        var product = (partialValue: 1, overflow: false)
        for extent in extents where !product.overflow {
            product = product.partialValue.multipliedReportingOverflow(by: extent)
        }
        guard !product.overflow, extents.allSatisfy({ $0 > 0 }) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(extents) is no shape")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(extents)
    }

    /// The number of values of a sample: the product of the extents.
    public var count: Int { extents.reduce(1, *) }

    /// The last extent: channels of a map, features of a vector.
    public var channels: Int { extents.last ?? 1 }

    /// The number of rows of `channels` values in a sample.
    public var rows: Int { count / channels }

    /// As Keras prints it: `(21, 21, 1)`.
    public var description: String {
        "(" + extents.map(String.init).joined(separator: ", ") + (extents.count == 1 ? ",)" : ")")
    }
}
