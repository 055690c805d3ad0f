/// How good a model is on labelled samples: `metrics.json` for two classes or for more.
public enum TestMetrics: Hashable, Sendable {
    case two(ClassificationMetrics)
    case several(ClassMetrics)

    /// In the order of the classes.
    public var classNames: [String] {
        switch self {
        case .two(let metrics): metrics.classNames
        case .several(let metrics): metrics.classNames
        }
    }

    /// The mean of the samples' losses.
    public var loss: Double {
        switch self {
        case .two(let metrics): metrics.loss
        case .several(let metrics): metrics.loss
        }
    }

    /// How often each true class is given each predicted class.
    public var confusionMatrix: ConfusionMatrix {
        switch self {
        case .two(let metrics): metrics.confusionMatrix
        case .several(let metrics): metrics.confusionMatrix
        }
    }

    /// The share of samples whose predicted class is the true one.
    public var accuracy: Double {
        switch self {
        case .two(let metrics): metrics.accuracy
        case .several(let metrics): metrics.accuracy
        }
    }

    /// The area under the ROC curve, of more than two classes the mean of each against the rest; nil where undefined.
    public var rocAUC: Double? {
        switch self {
        case .two(let metrics): metrics.rocAUC
        case .several(let metrics): metrics.rocAUC
        }
    }

    /// How many samples there were.
    public var samples: Int { confusionMatrix.samples }

    /// A small table for the terminal.
    public var table: String {
        switch self {
        case .two(let metrics): metrics.table
        case .several(let metrics): metrics.table
        }
    }
}

extension TestMetrics: Codable {
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .two(let metrics): try metrics.encode(to: encoder)
        case .several(let metrics): try metrics.encode(to: encoder)
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ClassMetrics.CodingKeys.self)
        self =
            container.contains(.classNames)
            ? .several(try ClassMetrics(from: decoder)) : .two(try ClassificationMetrics(from: decoder))
    }
}
