import Layers
import Models
import Tensors

/// Where a node's layer has its values among those of the whole network. Nodes without a layer have none.
extension Network.Node {
    /// The layer's part of a vector of all trainable parameters, or of their gradients.
    package func parameters(in vector: MutableFloatView) -> MutableFloatView {
        vector.slice(trainableCount, at: parameterOffset)
    }

    /// The layer's part of a vector of all moving statistics.
    package func state(in vector: MutableFloatView) -> MutableFloatView {
        vector.slice(stateCount, at: stateOffset)
    }

    /// The layer's part of all prepared weights.
    package func prepared(in vector: MutableFloatView) -> MutableFloatView {
        vector.slice(layer?.preparedCount ?? 0, at: preparedOffset)
    }
}
