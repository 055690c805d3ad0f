import Tensors

/// What a name of a graph stands for while it is read.
enum GraphValue: Sendable {
    case constant(ONNXConstant)
    case output(LayerOutput)
}

/// What a layer gives, and how the graph looks at it.
///
/// Layers have their channels last; the graph may have axes in any order, and features of a flattened map too. The
/// difference travels with the value, so that nothing is moved where the next layer can do without.
struct LayerOutput: Sendable {
    let layer: String
    /// The shape of one sample as the layer gives it.
    let shape: Shape
    /// Axis *i* + 1 of the graph's array, whose first is that of samples, is the layer's axis `axes[i]`.
    var axes: [Int]
    /// Of a vector: feature *i* of the graph is the layer's feature `order[i]`; nil when they stand as in the layer.
    var order: [Int]?
    /// The map whose flattening gives the features that order, for a layer that must have them as in the graph.
    var flattened: FlattenedMap?

    /// A map, and the order in which its axes were flattened.
    struct FlattenedMap: Hashable, Sendable {
        let shape: Shape
        let axes: [Int]
    }

    init(_ layer: String, _ shape: Shape, axes: [Int]? = nil) {
        (self.layer, self.shape) = (layer, shape)
        self.axes = axes ?? Array(shape.extents.indices)
    }

    /// The extents of a sample in the graph.
    var extents: [Int] { axes.map { shape.extents[$0] } }

    /// Whether values stand in the layer's memory as in the graph's.
    var isInGraphOrder: Bool {
        let long = axes.filter { shape.extents[$0] > 1 }
        return order == nil && long == long.sorted()
    }
}
