import Faults
import LayerCatalog
import Layers

/// How a probability becomes a class, and how much the network's confidence was corrected.
public struct DecisionRule: Hashable, Sendable {
    /// As Keras decides: the class of the larger probability.
    public static let standard = DecisionRule(threshold: 0.5, temperature: 1)

    /// A stamp counts as a source when the probability of class 1 lies above this.
    public var threshold: Float
    /// What the logits were divided by for probabilities that mean what they say, 1 for nothing. It is in the weights
    /// already (``Network/divideLogits(of:by:)``), and kept for people.
    ///
    /// Source: C. Guo et al., *On calibration of modern neural networks*, ICML 2017.
    public var temperature: Float

    public init(threshold: Float, temperature: Float) {
        self.threshold = threshold
        self.temperature = temperature
    }
}

extension DecisionRule {
    /// What is told of the rule under names of its own in a model file, which says nothing of the standard one.
    public var metadata: [String: String] {
        self == .standard ? [:] : ["threshold": "\(threshold)", "temperature": "\(temperature)"]
    }

    /// Reads what ``metadata`` gives; the standard rule where nothing is said.
    ///
    /// - Parameter file: where it comes from, for messages.
    /// - Throws: a `badData` fault for values that no rule has.
    public init(metadata: [String: String], from file: String) throws {
        func value(_ name: String, _ standard: Float, _ isPossible: (Float) -> Bool) throws -> Float {
            guard let text = metadata[name] else { return standard }
            guard let value = Float(text), isPossible(value) else {
                throw Fault(
                    .badData, file, "has the \(name) \"\(text.prefix(40))\", which is none",
                    remedy: "use a model as `train` has written it")
            }
            return value
        }
        self.init(
            threshold: try value("threshold", Self.standard.threshold) { (0...1).contains($0) },
            temperature: try value("temperature", Self.standard.temperature) { $0 > 0 && $0.isFinite })
    }
}

extension Network {
    /// The parameters of the layer that gives the logits; nil when the logits do not scale with them, or it has none.
    public var logitParameters: [Parameter]? {
        var node = nodes[logitsNode]
        // What adds to the loss for its input gives it on.
        while case .layer(let layer) = node.operation, layer is ActivityPenalty { node = nodes[node.inputs[0]] }
        // What other layers have too is not theirs to divide.
        guard node.kind.options.parametersScaleOutput, !node.sharesParameters,
            !description.layers.contains(where: { $0.sharedWith == node.name })
        else { return nil }
        return parameters.filter { $0.name.hasPrefix("\(node.name)/") }
    }

    /// Divides the logits by a temperature, in the last layer's weights: whatever uses them gives softmax(z / T).
    ///
    /// - Returns: false, and nothing is changed, when no layer's weights alone scale the logits.
    public func divideLogits(of weights: Weights, by temperature: Float) -> Bool {
        guard let parameters = logitParameters else { return false }
        for parameter in parameters {
            let values = weights.pointer(parameter)
            for index in 0..<parameter.shape.count { values[index] /= temperature }
        }
        return true
    }
}
