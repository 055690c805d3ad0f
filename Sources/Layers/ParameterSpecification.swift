import Tensors

/// One array of values that belongs to a layer: its Keras name, shape and first values.
public struct ParameterSpecification: Hashable, Sendable {
    /// As Keras calls it: kernel, bias, gamma, beta, moving_mean, moving_variance.
    public let name: String
    /// In Keras' layout: dense kernels (in, out), convolution kernels (height, width, in, out).
    public let shape: Shape
    public let initializer: Initializer
    /// Whether the optimizer changes it; moving statistics are not trained.
    public let isTrainable: Bool

    public init(_ name: String, _ shape: Shape, _ initializer: Initializer, isTrainable: Bool = true) {
        self.name = name
        self.shape = shape
        self.initializer = initializer
        self.isTrainable = isTrainable
    }
}
