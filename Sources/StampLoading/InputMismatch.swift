import Files
import Tensors

/// How the stamps of some files, as they are prepared, differ from what a network takes.
package enum InputMismatch {
    /// What to say of it; nil where there is no difference.
    ///
    /// - Parameters:
    ///   - network: (height, width, channels) that it takes.
    ///   - stamps: those of the stamps.
    /// - Returns: what the network takes, what the stamps are, and which options make one the other.
    package static func of(_ network: Shape, _ stamps: Shape) -> (takes: String, are: String, remedy: String)? {
        guard network != stamps else { return nil }
        guard network.extents.count == 3 else {
            return ("of the shape \(network)", "of \(size(stamps))", "use a network for images")
        }
        func counted(_ shape: Shape) -> String { FormattedNumber.counted(shape.channels, "channel") }
        let (takes, are) = (network.extents, stamps.extents)
        if takes[0..<2] == are[0..<2] {
            return (
                "with \(counted(network))", "with \(counted(stamps))",
                are[2] > takes[2]
                    ? "choose \(takes[2]) of the \(are[2]) with --channels"
                    : "give stamps with \(counted(network)), with --channel NAME=FILE for each"
            )
        }
        let isLarger = are[0] >= takes[0] && are[1] >= takes[1]
        let isSmaller = are[0] <= takes[0] && are[1] <= takes[1]
        let remedy =
            isLarger
            ? "crop them with --crop" : isSmaller ? "put zeros around with --pad" : "make them so with --crop and --pad"
        let channels = takes[2] == are[2] ? ("", "") : (" with \(counted(network))", " with \(counted(stamps))")
        return ("of \(size(network))\(channels.0)", "of \(size(stamps))\(channels.1)", remedy)
    }

    private static func size(_ shape: Shape) -> String {
        shape.extents.prefix(2).map(String.init).joined(separator: "×")
    }
}
