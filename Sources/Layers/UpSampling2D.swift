import Tensors

/// Maps with each pixel in the place of several: repeated, or with straight lines between pixels' centres. Results equal
/// `keras.layers.UpSampling2D`.
public struct UpSampling2D: Layer {
    /// What lies between pixels.
    public enum Interpolation: String, Hashable, Sendable, Codable {
        case nearest, bilinear
    }

    public let name: String
    public let outputShape: Shape
    private let inputShape: Shape
    private let rows: [Source]
    private let columns: [Source]

    /// Where an output's value comes from along one axis: two neighbours, which may be the same, and the second's
    /// weight.
    private struct Source: Sendable {
        let first: Int
        let second: Int
        let weight: Float
    }

    public init(name: String, inputShape: Shape, size: Extent2D, interpolation: Interpolation) {
        self.name = name
        self.inputShape = inputShape
        let (height, width) = (inputShape.extents[0], inputShape.extents[1])
        outputShape = [height * size.height, width * size.width, inputShape.extents[2]]
        rows = Self.sources(height, size.height, interpolation)
        columns = Self.sources(width, size.width, interpolation)
    }

    /// Pixels' centres lie half a pixel from their edges; beyond the outermost centres their values go on.
    private static func sources(_ extent: Int, _ factor: Int, _ interpolation: Interpolation) -> [Source] {
        (0..<extent * factor).map { index in
            guard interpolation == .bilinear else {
                return Source(first: index / factor, second: index / factor, weight: 0)
            }
            let place = max(0, (Double(index) + 0.5) / Double(factor) - 0.5)
            let first = min(Int(place), extent - 1)
            let second = min(first + 1, extent - 1)
            return Source(first: first, second: second, weight: second == first ? 0 : Float(place - Double(first)))
        }
    }

    /// Along one axis, for each place of the output the weight of each place of the input, where lines lie between them.
    public static func weights(extent: Int, factor: Int) -> [Float] {
        sources(extent, factor, .bilinear).flatMap { source in
            (0..<extent).map { place in
                (place == source.first ? 1 - source.weight : 0) + (place == source.second ? source.weight : 0)
            }
        }
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        let channels = outputShape.extents[2]
        pass.output.slice(pass.samples * outputShape.count).update(repeating: 0)
        eachPart(pass.samples) { from, to, weight in
            let input = pass.inputs[0].pointer(channels, at: from * channels)
            let output = pass.output.pointer(channels, at: to * channels)
            for channel in 0..<channels { output[channel] += weight * input[channel] }
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let channels = outputShape.extents[2]
        inputGradient.slice(pass.samples * inputShape.count).update(repeating: 0)
        eachPart(pass.samples) { from, to, weight in
            let gradient = pass.outputGradient.pointer(channels, at: to * channels)
            let target = inputGradient.pointer(channels, at: from * channels)
            for channel in 0..<channels { target[channel] += weight * gradient[channel] }
        }
    }

    /// For each pixel of the output those of the input that it comes from, at most four, with their weights.
    private func eachPart(_ samples: Int, _ body: (_ from: Int, _ to: Int, _ weight: Float) -> Void) {
        var to = 0
        for sample in 0..<samples {
            for row in rows {
                let above = (sample * inputShape.extents[0] + row.first) * inputShape.extents[1]
                let below = (sample * inputShape.extents[0] + row.second) * inputShape.extents[1]
                for column in columns {
                    body(above + column.first, to, (1 - row.weight) * (1 - column.weight))
                    if column.weight > 0 { body(above + column.second, to, (1 - row.weight) * column.weight) }
                    if row.weight > 0 { body(below + column.first, to, row.weight * (1 - column.weight)) }
                    if row.weight * column.weight > 0 { body(below + column.second, to, row.weight * column.weight) }
                    to += 1
                }
            }
        }
    }
}
