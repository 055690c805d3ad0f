import Faults
import Files
import FoundationEssentials

extension StampPreparation {
    /// What a model file tells of it, by names of its own: `normalize` for people, and where that is not all,
    /// `preparation` with everything as JSON.
    public var metadata: [String: String] {
        let name = ["normalize": normalization.description]
        guard !isNamedNormalization else { return name }
        // Numbers that JSON cannot hold are kept out by the types.
        let json = try! JSONFile.line(of: self)
        return name.merging(["preparation": String(json.dropLast())]) { $1 }
    }

    /// Reads what ``metadata`` gives; the notebook's normalisation where nothing is said.
    ///
    /// - Parameter file: where it comes from, for messages.
    /// - Throws: a `badData` fault for what cannot be understood.
    public init(metadata: [String: String], from file: String) throws {
        guard let json = metadata["preparation"] else {
            let name = metadata["normalize"] ?? Normalization.notebook.description
            guard let normalization = Normalization.named.first(where: { $0.description == name }) else {
                throw Fault(
                    .badData, file, "was trained with the unknown normalisation \(name.prefix(40))",
                    remedy: "use a newer version of swift-run-trainer")
            }
            self.init(normalization)
            return
        }
        guard JSONText.problem(Array(json.utf8)) == nil,
            let preparation = try? JSONDecoder().decode(StampPreparation.self, from: Data(json.utf8)),
            !preparation.normalization.isUnmeasured
        else {
            throw Fault(
                .badData, file, "does not tell how its stamps are prepared: its metadata have no sound `preparation`",
                remedy: "use a model as `train` has written it, or a newer version of swift-run-trainer")
        }
        self = preparation
    }
}
