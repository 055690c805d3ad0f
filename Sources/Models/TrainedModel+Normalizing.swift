import Faults
import Preparation

/// Files of other programs whose graph normalises stamps itself.
extension TrainedModel {
    /// Under which such a file notes it.
    package static let normalizesNote = "normalizes"

    /// What a graph does with stamps before they enter the network; nil for nothing.
    ///
    /// - Throws: a `usage` fault for a preparation with a part that no graph expresses.
    package var expression: PixelExpression? {
        get throws {
            let (expression, inexpressible) = preparation.graph
            guard let inexpressible else { return expression }
            throw Fault(
                .usage, "--with-normalization",
                "the model has its stamps prepared with \(inexpressible), which no graph does",
                remedy: "leave the option out, and prepare stamps with the lines of numpy that --numpy prints")
        }
    }

    /// Refuses a file that normalises stamps, which would be normalised twice.
    ///
    /// - Parameter notes: what the file says of the model.
    package static func refuseNormalizing(_ notes: [String: String], _ path: String) throws(Fault) {
        guard notes[normalizesNote] != nil else { return }
        throw Fault(
            .badData, path, "contains the normalisation of its stamps, which is for other programs",
            remedy: "use the model that it was converted from")
    }
}
