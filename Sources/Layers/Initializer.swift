import CKernels
import Tensors

extension ParameterSpecification {
    /// How the values are drawn before training.
    public enum Initializer: Hashable, Sendable {
        /// Uniform in ±√(6 / (fanIn + fanOut)). Source: X. Glorot and Y. Bengio, AISTATS 2010; Keras' GlorotUniform.
        case glorotUniform(fanIn: Int, fanOut: Int)
        case zeros
        case ones
        case constant(Float)
        /// Uniform between two numbers.
        case uniform(from: Double, to: Double)
        /// Normal with this standard deviation; truncated, what is further than two of them from the mean is drawn
        /// again.
        case normal(mean: Double, deviation: Double, isTruncated: Bool)
        /// A matrix with `gain` on its diagonal, zeros elsewhere.
        case identity(gain: Float)
        /// A matrix with orthogonal rows or columns, whichever are fewer, of length `gain`: uniform among these. All
        /// axes but the last are its rows. Source: A. Saxe et al., arXiv:1312.6120; Keras' Orthogonal.
        case orthogonal(gain: Float)
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
        case .uniform(let low, let high):
            for index in 0..<shape.count { values[index] = Float(low + (high - low) * stream.uniform()) }
        case .normal(let mean, let deviation, let isTruncated):
            var normal = NormalNumbers(stream)
            for index in 0..<shape.count {
                var number = normal.next()
                while isTruncated && abs(number) > 2 { number = normal.next() }
                values[index] = Float(mean + deviation * number)
            }
        case .identity(let gain):
            values.update(repeating: 0, count: shape.count)
            let (rows, columns) = matrixExtents
            for index in 0..<min(rows, columns) { values[index * columns + index] = gain }
        case .orthogonal(let gain): drawOrthogonal(values, gain, from: stream)
        }
    }

    /// Rows and columns of the parameter as a matrix, whose columns are the last axis.
    private var matrixExtents: (rows: Int, columns: Int) {
        let columns = shape.extents.last ?? 1
        return (columns == 0 ? 0 : shape.count / columns, columns)
    }

    /// The Q of a normal matrix's decomposition QR with a positive diagonal of R, by Gram and Schmidt's method.
    private func drawOrthogonal(_ values: UnsafeMutablePointer<Float>, _ gain: Float, from stream: RandomStream) {
        let (rows, columns) = matrixExtents
        let (count, length) = (min(rows, columns), max(rows, columns))
        var normal = NormalNumbers(stream)
        var vectors: [[Double]] = []
        while vectors.count < count {
            var vector = (0..<length).map { _ in normal.next() }
            // Twice: what roundings have left after the first time goes.
            for _ in 0..<2 {
                for other in vectors { Self.subtract(other, from: &vector) }
            }
            let size = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for index in vector.indices { vector[index] /= size }
            vectors.append(vector)
        }
        for (number, vector) in vectors.enumerated() {
            for (index, value) in vector.enumerated() {
                values[rows >= columns ? index * columns + number : number * columns + index] = gain * Float(value)
            }
        }
    }

    /// Takes the part along a vector of length 1 out of another one.
    private static func subtract(_ direction: [Double], from vector: inout [Double]) {
        var product = 0.0
        for index in vector.indices { product += direction[index] * vector[index] }
        for index in vector.indices { vector[index] -= product * direction[index] }
    }
}

/// Normal random numbers of mean 0 and standard deviation 1, using only arithmetic that is the same on every machine.
///
/// Source: G. Marsaglia and T. A. Bray, "A convenient method for generating normal variables", SIAM Review 6 (1964).
private struct NormalNumbers {
    private var stream: RandomStream
    private var spare: Double?

    init(_ stream: RandomStream) { self.stream = stream }

    mutating func next() -> Double {
        if let number = spare {
            spare = nil
            return number
        }
        while true {
            let (x, y) = (2 * stream.uniform() - 1, 2 * stream.uniform() - 1)
            let square = x * x + y * y
            guard square < 1, square > 1e-30 else { continue }
            let factor = (-2 * Double(portable_logf(Float(square))) / square).squareRoot()
            spare = factor * y
            return factor * x
        }
    }
}
