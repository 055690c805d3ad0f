import Layers
import Models
import Tensors

/// Where a node's layer has its values among those of the whole network. Nodes without a layer have none.
extension Network.Node {
    /// The layer's part of a vector of all trainable parameters, or of their gradients; nothing of a frozen layer.
    package func parameters(in vector: MutableFloatView) -> MutableFloatView {
        isFrozen ? vector.slice(0) : vector.slice(trainableCount, at: parameterOffset)
    }

    /// The parameters that the layer runs with; of a frozen layer with its moving statistics behind them.
    package func parameters(of weights: Weights) -> FloatView {
        FloatView(
            isFrozen
                ? weights.state.view.slice(stateCount, at: parameterOffset) : parameters(in: weights.trainable.view))
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
