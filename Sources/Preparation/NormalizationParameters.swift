/// Two percentiles, 0 ≤ low < high ≤ 100, that become 0 and 1.
public struct PercentileRange: Hashable, Sendable {
    public let low: Double
    public let high: Double

    /// Nil where that is no range.
    public init?(low: Double, high: Double) {
        guard low >= 0, low < high, high <= 100 else { return nil }
        (self.low, self.high) = (low, high)
    }
}

/// (x − zero) / unit with finite numbers, of which the unit is not 0.
public struct LinearScaling: Hashable, Sendable {
    public let zero: Double
    public let unit: Double

    /// Nil for numbers that do not scale.
    public init?(zero: Double, unit: Double) {
        guard zero.isFinite, unit.isFinite, unit != 0 else { return nil }
        (self.zero, self.unit) = (zero, unit)
    }
}

/// Mean and standard deviation over a training set: of each channel, or one of all channels together.
public struct StandardScaling: Hashable, Sendable {
    public let means: [Double]
    public let deviations: [Double]

    /// Nil for numbers that do not scale: as many means as deviations, all finite, deviations above 0.
    public init?(means: [Double], deviations: [Double]) {
        guard !means.isEmpty, means.count == deviations.count, means.allSatisfy(\.isFinite),
            deviations.allSatisfy({ $0 > 0 && $0.isFinite })
        else { return nil }
        (self.means, self.deviations) = (means, deviations)
    }
}

extension PercentileRange: Codable {
    private enum CodingKeys: CodingKey { case low, high }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let range = PercentileRange(
            low: try container.decode(Double.self, forKey: .low), high: try container.decode(Double.self, forKey: .high)
        )
        self = try container.checked(range)
    }
}

extension LinearScaling: Codable {
    private enum CodingKeys: CodingKey { case zero, unit }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let scaling = LinearScaling(
            zero: try container.decode(Double.self, forKey: .zero),
            unit: try container.decode(Double.self, forKey: .unit))
        self = try container.checked(scaling)
    }
}

extension StandardScaling: Codable {
    private enum CodingKeys: CodingKey { case means, deviations }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let scaling = StandardScaling(
            means: try container.decode([Double].self, forKey: .means),
            deviations: try container.decode([Double].self, forKey: .deviations))
        self = try container.checked(scaling)
    }
}

extension KeyedDecodingContainer {
    /// A value that was read, unless it is none.
    fileprivate func checked<Value>(_ value: Value?) throws -> Value {
        guard let value else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: codingPath, debugDescription: "no \(Value.self)"))
        }
        return value
    }
}
