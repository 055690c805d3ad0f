import Faults
import Files
import Layers

extension Network {
    /// The table that Keras' `model.summary()` prints: layers with their output shapes and parameter counts; where some
    /// are frozen, also which ones, as of `summary(show_trainable=True)`.
    public var summary: String {
        // Keras cuts long names off; here the column grows with them.
        let columns = (max(28, nodes.map { Self.title($0).count }.max() ?? 0), 24, 10)
        let showsTrainable = nodes.contains(where: \.isFrozen)
        let width = columns.0 + columns.1 + columns.2 + 3 + (showsTrainable ? 10 : 0)
        func row(_ name: String, _ shape: String, _ count: String, _ trainable: String) -> String {
            let row = Self.padded(name, columns.0) + " " + Self.padded(shape, columns.1) + " "
            return row + (showsTrainable ? Self.padded(count, columns.2) + " " + trainable : count)
        }
        let thin = String(repeating: "_", count: width)
        let thick = String(repeating: "=", count: width)
        var lines = [
            "Model: \"\(description.name.printable)\"", thin,
            row("Layer (type)", "Output Shape", "Param #", "Trainable"),
            thick,
        ]
        // As Keras' table of a Sequential model does not show its input; two inputs are layers like others.
        for node in nodes where !node.isInternal && !(node.isInput && featuresNode == nil) {
            let shape = "(None, " + node.outputShape.extents.map(String.init).joined(separator: ", ") + ")"
            // What layers share is counted once.
            let count = node.sharesParameters ? 0 : node.trainableCount + node.stateCount
            let trainable = node.layer?.parameters.isEmpty == false ? (node.isFrozen ? "N" : "Y") : "-"
            lines.append(row(Self.title(node), shape, FormattedNumber.grouped(count), trainable))
        }
        lines += [
            thick, "Total params: \(FormattedNumber.grouped(parameterCount))",
            "Trainable params: \(FormattedNumber.grouped(trainableCount))",
            "Non-trainable params: \(FormattedNumber.grouped(stateCount))",
            thin,
        ]
        return lines.joined(separator: "\n")
    }

    /// A layer's name and its Keras class.
    private static func title(_ node: Node) -> String { "\(node.name.printable) (\(node.kind.kerasName))" }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
