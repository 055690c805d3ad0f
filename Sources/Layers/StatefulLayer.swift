import Tensors

/// A layer with values that are not trained and that training leaves as they are: `prepare` is told of them too.
public protocol StatefulLayer: Layer {
    /// Rearranges the layer's untrained values for the passes of one step, into the `preparedCount` floats that
    /// `prepare(_:into:)` has written to before.
    func prepare(state: FloatView, into prepared: MutableFloatView)
}
