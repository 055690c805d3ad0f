import Faults

extension Normalization: CustomStringConvertible {
    /// As on the command line: `notebook`, `percentile=1.0,99.0`.
    public var description: String {
        switch self {
        case .notebook: "notebook"
        case .mean: "mean"
        case .robust: "robust"
        case .asinh: "asinh"
        case .minmax: "minmax"
        case .l2: "l2"
        case .zscore: "zscore"
        case .none: "none"
        case .standard: "standard"
        case .percentile(let range): "percentile=\(range.low),\(range.high)"
        case .scale(let scaling): "scale=\(scaling.zero),\(scaling.unit)"
        }
    }

    /// One that is told by its name alone; nil for any other text.
    public init?(name: String) {
        guard let named = (Self.named + [.standard(nil)]).first(where: { $0.description == name }) else { return nil }
        self = named
    }

    /// Reads the value of `--normalize`.
    ///
    /// - Throws: `Fault(.usage)` for an unknown name, or parameters that it does not have.
    public init(option text: String) throws {
        func refused(_ problem: String, _ remedy: String) -> Fault {
            Fault(.usage, "--normalize \(text)", problem, remedy: remedy)
        }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts.dropFirst().first.map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        }
        func pair(_ remedy: String) throws -> (Double, Double) {
            guard let numbers, numbers.count == 2 else { throw refused("needs two numbers", remedy) }
            return (numbers[0], numbers[1])
        }
        switch parts[0] {
        case "percentile":
            let remedy = "give, for instance, percentile=1,99"
            let (low, high) = try pair(remedy)
            guard let range = PercentileRange(low: low, high: high) else {
                throw refused("needs two percentiles from 0 to 100, the lower one first", remedy)
            }
            self = .percentile(range)
        case "scale":
            let remedy = "give, for instance, scale=0,255 for (x − 0) / 255"
            let (zero, unit) = try pair(remedy)
            guard let scaling = LinearScaling(zero: zero, unit: unit) else {
                throw refused("needs two finite numbers, the second of which is not 0", remedy)
            }
            self = .scale(scaling)
        default:
            guard let named = Normalization(name: String(parts[0])) else {
                throw refused(
                    "is no normalisation that is known",
                    "use notebook, mean, robust, asinh, minmax, l2, zscore, percentile=LOW,HIGH, standard, scale=A,B "
                        + "or none")
            }
            guard numbers == nil else { throw refused("takes no numbers", "give \(parts[0]) alone") }
            self = named
        }
    }
}

/// As JSON: a name where nothing more is to be said, else an object such as `{"scale": {"zero": 0, "unit": 255}}`.
extension Normalization: Codable {
    private enum Kind: String, CodingKey { case percentile, standard, scale }

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            guard let named = Normalization(name: name) else {
                throw DecodingError.dataCorrupted(
                    DecodingError.Context(
                        codingPath: decoder.codingPath, debugDescription: "\(name) is no normalisation"))
            }
            self = named
            return
        }
        let container = try decoder.container(keyedBy: Kind.self)
        guard let kind = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no normalisation"))
        }
        switch kind {
        case .percentile: self = .percentile(try container.decode(PercentileRange.self, forKey: kind))
        case .standard: self = .standard(try container.decode(StandardScaling.self, forKey: kind))
        case .scale: self = .scale(try container.decode(LinearScaling.self, forKey: kind))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        func keyed(_ value: some Encodable, _ kind: Kind) throws {
            var container = encoder.container(keyedBy: Kind.self)
            try container.encode(value, forKey: kind)
        }
        switch self {
        case .percentile(let range): try keyed(range, .percentile)
        case .standard(let scaling?): try keyed(scaling, .standard)
        case .scale(let scaling): try keyed(scaling, .scale)
        default:
            var container = encoder.singleValueContainer()
            try container.encode(description)
        }
    }
}
