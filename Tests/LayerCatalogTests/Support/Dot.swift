import Faults
import LayerCatalog
import Layers
import Tensors

// The example of the page "Adding a layer", word for word, but for the imports that each of its two files begins with.

/// The sum of the products of two vectors' features.
///
///     y = Σ a[i]·b[i]
///
/// Two inputs (features), output (1). Results equal `keras.layers.Dot` along axis 1.
public struct Dot: Layer {
    public let name: String
    public let outputShape: Shape = [1]
    private let features: Int

    public init(name: String, features: Int) {
        self.name = name
        self.features = features
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: false)
    }

    public func forward(_ pass: LayerPass) {
        for sample in 0..<pass.samples {
            let place = sample * features
            var sum: Float = 0
            for feature in 0..<features { sum += pass.inputs[0][place + feature] * pass.inputs[1][place + feature] }
            pass.output[sample] = sum
        }
    }

    public func backward(_ pass: LayerPass) {
        for (number, inputGradient) in pass.inputGradients.enumerated() {
            guard let inputGradient else { continue }
            let other = pass.inputs[1 - number]
            for sample in 0..<pass.samples {
                for place in sample * features..<(sample + 1) * features {
                    inputGradient[place] = pass.outputGradient[sample] * other[place]
                }
            }
        }
    }
}

/// The sum of the products of two vectors' features. `keras.layers.Dot`.
public struct DotOptions: LayerOptions {
    public static let storedName = "dot"
    public static let kerasClasses = ["Dot"]
    public static let inputCount = LayerInputCount.several

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shapes = try place.mergedShapes()
        guard shapes.count == 2, shapes[0] == shapes[1], shapes[0].extents.count == 1 else {
            throw place.fault(
                "its inputs have the shapes \(place.shapeList)", remedy: "feed it two vectors of one length")
        }
        return .layer(Dot(name: place.layer, features: shapes[0].count))
    }
}

extension LayerKind {
    /// The sum of the products of two vectors' features.
    public static var dot: LayerKind { LayerKind(DotOptions()) }
}

// MARK: Keras

extension DotOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.require("axes", 1, -1, [1, 1], [-1, -1], supported: "1, the axis of features")
        try options.require("normalize", false, supported: "false")
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] { ["axes": 1, "normalize": false] }
}

// MARK: ONNX

extension DotOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let inputs = graph.inOneOrder(layer.inputs, in: layer.name)
        let products = graph.append("Mul", inputs.map(\.name), in: layer.name)
        let axes = graph.constant("\(layer.name)/axes", integers: [1])
        return ONNXValue(name: graph.append("ReduceSum", [products, axes], in: layer.name), shape: layer.outputShape)
    }
}
