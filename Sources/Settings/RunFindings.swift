import Files
import Models
import StampData

/// What a run finds out before its first step: beside the settings in `config.json`.
public struct RunFindings: Codable, Hashable, Sendable {
    public var network: NetworkDescription
    /// In pixels.
    public var stampHeight: Int
    public var stampWidth: Int
    public var classes: StampClasses
    /// How many stamps there are of each class.
    public var classStamps: [Int]
    /// Hashes of the columns beside the stamps that the result depends on, by their option; nil for none.
    public var columns: [String: String]?
    /// A hash of all pixels: `--resume` refuses other stamps, whatever their files' names.
    public var dataFingerprint: String
    public var trainingStamps: Int
    public var validationStamps: Int
    public var testStamps: Int
    /// Into how many a batch is cut.
    public var microbatches: Int

    package init(
        network: NetworkDescription, stampHeight: Int, stampWidth: Int, classes: StampClasses, classStamps: [Int],
        dataFingerprint: String, trainingStamps: Int, validationStamps: Int, testStamps: Int, microbatches: Int
    ) {
        self.network = network
        (self.stampHeight, self.stampWidth) = (stampHeight, stampWidth)
        (self.classes, self.classStamps) = (classes, classStamps)
        self.dataFingerprint = dataFingerprint
        (self.trainingStamps, self.validationStamps) = (trainingStamps, validationStamps)
        self.testStamps = testStamps
        self.microbatches = microbatches
    }

    enum CodingKeys: String, CodingKey {
        case network, microbatches, columns
        case stampHeight = "stamp_height"
        case stampWidth = "stamp_width"
        case classes = "class_names"
        case classStamps = "class_stamps"
        case noiseStamps = "noise_stamps"
        case sourceStamps = "source_stamps"
        case dataFingerprint = "data_fingerprint"
        case trainingStamps = "training_stamps"
        case validationStamps = "validation_stamps"
        case testStamps = "test_stamps"
    }
}

/// Noise and sources have keys of their own.
extension RunFindings {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        network = try container.decode(NetworkDescription.self, forKey: .network)
        stampHeight = try container.decodeCount(from: 1, forKey: .stampHeight)
        stampWidth = try container.decodeCount(from: 1, forKey: .stampWidth)
        classes = try container.decodeIfPresent(StampClasses.self, forKey: .classes) ?? .noiseAndSource
        if container.contains(.classes) {
            classStamps = try container.decode([Int].self, forKey: .classStamps)
            guard classStamps.count == classes.count, classStamps.allSatisfy({ $0 >= 0 }) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .classStamps, in: container, debugDescription: "it is not one count for each class")
            }
        } else {
            classStamps = [
                try container.decodeCount(forKey: .noiseStamps), try container.decodeCount(forKey: .sourceStamps),
            ]
        }
        columns = try container.decodeIfPresent([String: String].self, forKey: .columns)
        dataFingerprint = try container.decode(String.self, forKey: .dataFingerprint)
        trainingStamps = try container.decodeCount(forKey: .trainingStamps)
        validationStamps = try container.decodeCount(forKey: .validationStamps)
        testStamps = try container.decodeCount(forKey: .testStamps)
        microbatches = try container.decodeCount(forKey: .microbatches)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(network, forKey: .network)
        try container.encode(stampHeight, forKey: .stampHeight)
        try container.encode(stampWidth, forKey: .stampWidth)
        if classes == .noiseAndSource {
            try container.encode(classStamps[0], forKey: .noiseStamps)
            try container.encode(classStamps[1], forKey: .sourceStamps)
        } else {
            try container.encode(classes, forKey: .classes)
            try container.encode(classStamps, forKey: .classStamps)
        }
        try container.encodeIfPresent(columns, forKey: .columns)
        try container.encode(dataFingerprint, forKey: .dataFingerprint)
        try container.encode(trainingStamps, forKey: .trainingStamps)
        try container.encode(validationStamps, forKey: .validationStamps)
        try container.encode(testStamps, forKey: .testStamps)
        try container.encode(microbatches, forKey: .microbatches)
    }

    /// How many stamps there are of each class, in words.
    private var population: String {
        guard classes != .noiseAndSource else { return "\(classStamps[1]) sources and \(classStamps[0]) noise stamps" }
        return zip(classStamps, classes.names).map { "\($0) \($1)" }.joined(separator: ", ") + " stamps"
    }

    /// What of it decides the result, by the name of its option.
    ///
    /// - Parameter trainedOption: the option that says which layers are trained, if there is one.
    func decidingResult(trainedOption: String?) throws -> [String: String] {
        var (deciding, network) = (columns ?? [:], network)
        if let trainedOption {
            let frozen = network.layers.filter { !$0.isTrainable }.map(\.name)
            deciding[trainedOption] = "layers \(try SettingsFingerprint.of(frozen))"
            for index in network.layers.indices { network.layers[index].isTrainable = true }
        }
        deciding.merge([
            "--model": "\(network.name) (\(try SettingsFingerprint.of(network)))",
            "--data": "\(population) of \(stampHeight)×\(stampWidth) (\(dataFingerprint))",
        ]) { $1 }
        return deciding
    }
}
