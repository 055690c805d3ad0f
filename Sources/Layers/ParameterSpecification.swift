import Tensors

/// One array of values that belongs to a layer: its Keras name, shape and first values.
public struct ParameterSpecification: Hashable, Sendable {
    /// How the values are drawn before training.
    public enum Initializer: Hashable, Sendable {
        /// Uniform in ±√(6 / (fanIn + fanOut)). Source: X. Glorot and Y. Bengio, AISTATS 2010; Keras' GlorotUniform.
        case glorotUniform(fanIn: Int, fanOut: Int)
        case zeros
        case ones
        case constant(Float)
    }

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

    /// Writes the first values of this parameter, drawn from `stream`.
    public func initialize(_ values: UnsafeMutablePointer<Float>, from stream: RandomStream) {
        var stream = stream
        switch initializer {
        case .zeros: values.update(repeating: 0, count: shape.count)
        case .ones: values.update(repeating: 1, count: shape.count)
        case .constant(let value): values.update(repeating: value, count: shape.count)
        case .glorotUniform(let fanIn, let fanOut):
            let limit = (6 / Double(fanIn + fanOut)).squareRoot()
            for index in 0..<shape.count { values[index] = Float((2 * stream.uniform() - 1) * limit) }
        }
    }
}
