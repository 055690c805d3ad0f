import Layers
import Tensors

extension Extent2D {
    /// The pair as Keras writes it: [height, width].
    public var kerasValue: JSONValue { .integers(height, width) }
}

extension [Int] {
    /// Axes as Keras writes them: one alone, or a list.
    public var kerasAxes: JSONValue { count == 1 ? .integer(self[0]) : .array(map { .integer($0) }) }
}

extension Shape {
    /// The shape of a batch of any size as Keras writes it: [null, height, width, channels].
    public var kerasValue: JSONValue { .array([.null] + extents.map { .integer($0) }) }
}
