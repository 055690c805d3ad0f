import Files
import Models

/// What a run finds out before its first step: beside the settings in `config.json`.
public struct RunFindings: Codable, Hashable, Sendable {
    public var network: NetworkDescription
    /// In pixels.
    public var stampHeight: Int
    public var stampWidth: Int
    public var noiseStamps: Int
    public var sourceStamps: Int
    /// A hash of all pixels: `--resume` refuses other stamps, whatever their files' names.
    public var dataFingerprint: String
    public var trainingStamps: Int
    public var validationStamps: Int
    public var testStamps: Int
    /// Into how many a batch is cut.
    public var microbatches: Int

    package init(
        network: NetworkDescription, stampHeight: Int, stampWidth: Int, noiseStamps: Int, sourceStamps: Int,
        dataFingerprint: String, trainingStamps: Int, validationStamps: Int, testStamps: Int, microbatches: Int
    ) {
        self.network = network
        (self.stampHeight, self.stampWidth) = (stampHeight, stampWidth)
        (self.noiseStamps, self.sourceStamps) = (noiseStamps, sourceStamps)
        self.dataFingerprint = dataFingerprint
        (self.trainingStamps, self.validationStamps) = (trainingStamps, validationStamps)
        self.testStamps = testStamps
        self.microbatches = microbatches
    }

    enum CodingKeys: String, CodingKey {
        case network, microbatches
        case stampHeight = "stamp_height"
        case stampWidth = "stamp_width"
        case noiseStamps = "noise_stamps"
        case sourceStamps = "source_stamps"
        case dataFingerprint = "data_fingerprint"
        case trainingStamps = "training_stamps"
        case validationStamps = "validation_stamps"
        case testStamps = "test_stamps"
    }
}

extension RunFindings {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        network = try container.decode(NetworkDescription.self, forKey: .network)
        stampHeight = try container.decodeCount(from: 1, forKey: .stampHeight)
        stampWidth = try container.decodeCount(from: 1, forKey: .stampWidth)
        noiseStamps = try container.decodeCount(forKey: .noiseStamps)
        sourceStamps = try container.decodeCount(forKey: .sourceStamps)
        dataFingerprint = try container.decode(String.self, forKey: .dataFingerprint)
        trainingStamps = try container.decodeCount(forKey: .trainingStamps)
        validationStamps = try container.decodeCount(forKey: .validationStamps)
        testStamps = try container.decodeCount(forKey: .testStamps)
        microbatches = try container.decodeCount(forKey: .microbatches)
    }

    /// What of it decides the result, by the name of its option.
    func decidingResult() throws -> [String: String] {
        [
            "--model": "\(network.name) (\(try SettingsFingerprint.of(network)))",
            "--data": "\(sourceStamps) sources and \(noiseStamps) noise stamps of \(stampHeight)×\(stampWidth) "
                + "(\(dataFingerprint))",
        ]
    }
}
