import Tensors

/// Weights and features in the order in which ONNX' operators, and torch's, take them.
public enum WeightLayout {
    /// A convolution kernel (height, width, in, out) as (out, in, height, width); `window` is height · width.
    public static func channelsFirst(_ kernel: [Float], window: Int, inputs: Int, outputs: Int) -> [Float] {
        precondition(kernel.count == window * inputs * outputs, "the kernel has another shape")
        return [Float](unsafeUninitializedCapacity: kernel.count) { result, initialized in
            for position in 0..<window {
                for input in 0..<inputs {
                    let source = (position * inputs + input) * outputs
                    for output in 0..<outputs {
                        result[(output * inputs + input) * window + position] = kernel[source + output]
                    }
                }
            }
            initialized = kernel.count
        }
    }

    /// A convolution kernel (out, in, height, width) as (height, width, in, out); `window` is height · width.
    public static func channelsLast(_ kernel: [Float], window: Int, inputs: Int, outputs: Int) -> [Float] {
        // Both ways turn the three axes round.
        channelsFirst(kernel, window: outputs, inputs: inputs, outputs: window)
    }

    /// The rows of a matrix with `columns` columns, in another order: row *i* of the result is row `order[i]`.
    public static func rows(_ matrix: [Float], columns: Int, order: [Int]) -> [Float] {
        precondition(matrix.count == order.count * columns, "the order does not fit the matrix")
        var result: [Float] = []
        result.reserveCapacity(matrix.count)
        for row in order { result += matrix[(row * columns)..<((row + 1) * columns)] }
        return result
    }

    /// Where the values of a flattened NCHW map stand in Keras' flattened NHWC map; nil when both are the same.
    public static func flattenedOrder(of map: Shape) -> [Int]? {
        let (pixels, channels) = (map.rows, map.channels)
        guard pixels > 1, channels > 1 else { return nil }
        return (0..<channels).flatMap { channel in (0..<pixels).map { $0 * channels + channel } }
    }
}
