import Faults
import Files
import FoundationEssentials

extension FeaturePreparation {
    /// Under which name a model file tells of its features.
    private static let key = "features"

    /// What a model file tells of them.
    public var metadata: [String: String] {
        // Numbers that JSON cannot hold are kept out by the type.
        [Self.key: String(try! JSONFile.line(of: self).dropLast())]
    }

    /// Reads what ``metadata`` gives; nil where a model has no features.
    ///
    /// - Parameter file: where it comes from, for messages.
    /// - Throws: a `badData` fault for what cannot be understood.
    public static func read(metadata: [String: String], from file: String) throws -> FeaturePreparation? {
        guard let json = metadata[key] else { return nil }
        guard JSONText.problem(Array(json.utf8)) == nil,
            let preparation = try? JSONDecoder().decode(FeaturePreparation.self, from: Data(json.utf8))
        else {
            throw Fault(
                .badData, file, "does not tell what its features are: its metadata have no sound `features`",
                remedy: "use a model as `train` has written it, or a newer version of swift-run-trainer")
        }
        return preparation
    }
}
