import Tensors

/// Some axes of a value, in Keras' order and where they stand in an ONNX graph, whose maps have their channels first.
struct ONNXAxes {
    /// The axes of a sample, counted from 0, in rising order.
    let places: [Int]
    /// The graph's axes, counted with that of the samples.
    let inGraph: [Int]
    /// The value's extents along these axes, and 1 along all others.
    let shape: Shape

    /// - Parameter axes: as Keras counts them, from 1 for the first of a sample, or from −1 backwards.
    init(_ axes: [Int], of shape: Shape) {
        let count = shape.extents.count
        let places = axes.map { $0 > 0 ? $0 - 1 : count + $0 }.sorted()
        self.places = places
        inGraph = places.map { $0 == count - 1 ? 1 : $0 + 2 }
        self.shape = Shape(shape.extents.enumerated().map { places.contains($0) ? $1 : 1 })
    }
}
