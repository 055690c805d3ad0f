import Layers
import Tensors

/// The options of one kind of layer, and with them all that the program knows of that kind.
///
/// Each kind is a struct in a file of its own: its stored properties are the options that Keras gives such a layer, its
/// functions say what a layer with these options computes, and how Keras and ONNX write it. The mathematics are those
/// of a `Layer` in the target `Layers`. ``LayerCatalog/all`` lists the kinds.
///
/// Properties are stored in model files under their own names: renaming one needs `CodingKeys` with the old name, and
/// one that is added later an `init(from:)` that gives files without it the meaning that they had.
public protocol LayerOptions: Codable, Hashable, Sendable {
    /// The name under which model files store such a layer, for instance `convolution2D`. It never changes.
    static var storedName: String { get }
    /// The Keras classes that are read as this kind; such a layer is written as the first, unless it says otherwise.
    static var kerasClasses: [String] { get }
    /// The module of those classes: that of Keras' layers, unless a kind says otherwise.
    static var kerasModule: String { get }
    /// How many layers feed such a layer; one, unless a kind says otherwise.
    static var inputCount: LayerInputCount { get }
    /// The names of all parameters that such a layer can have, in the order in which Keras numbers its variables:
    /// trained ones first. None, unless a kind says otherwise.
    static var kerasVariables: [String] { get }
    /// What Keras' options for a parameter, `…_initializer` and `…_regularizer`, begin with: its name without
    /// `_kernel`, unless a kind says otherwise.
    static func kerasOptionName(of parameter: String) -> String
    /// Whether Keras makes such a layer with an option `trainable`; true, unless a kind says otherwise.
    static var hasTrainableOption: Bool { get }
    /// Arguments that Keras notes with each call of such a layer, with the values that change nothing. None by default.
    static var kerasCallDefaults: [String: JSONValue] { get }

    // MARK: In a network

    /// What a layer with these options does with its inputs.
    ///
    /// - Throws: a `badData` fault that names the layer when the options or the inputs' shapes do not fit.
    func operation(at place: LayerPlace) throws -> LayerOperation
    /// Whether multiplying all parameters by a positive number multiplies the outputs by it (before an activation that
    /// is a node of its own). Of a layer that gives logits, a temperature can be divided out in the weights then.
    var parametersScaleOutput: Bool { get }
    /// The same kind of layer without its dropout; unchanged for layers that have none.
    func withoutDropout() -> Self

    // MARK: Keras

    /// Reads the options that are this kind's own from a Keras configuration.
    ///
    /// What stays unread in `options` is refused afterwards, unless it is null or false. `name`, `dtype` and
    /// `trainable` are read for every layer.
    ///
    /// - Throws: a `badData` fault that names layer and option, and what is supported.
    init(keras options: inout KerasOptions) throws
    /// The Keras class that the layer is written as; the first of ``kerasClasses``, unless a kind says otherwise.
    var kerasClass: String { get }
    /// The module of that class; ``kerasModule``, unless a kind says otherwise.
    var writtenKerasModule: String { get }
    /// What Keras calls the layer with, given its inputs: the only one, or a list of several, unless a kind says
    /// otherwise.
    func kerasArguments(_ tensors: [JSONValue]) -> [JSONValue]
    /// The configuration that Keras 3 writes for the layer, without `name`, `dtype` and `trainable`.
    ///
    /// - Parameter layer: the layer's name.
    /// - Throws: a `badData` fault for what Keras can only express as code.
    func kerasOptions(of layer: String) throws -> [String: JSONValue]

    // MARK: ONNX

    /// Adds the layer's operators to a graph and says what it gives.
    ///
    /// - Throws: a `badData` fault from ``ONNXLayer/fault(_:remedy:)`` for what ONNX has no operators for.
    func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) throws -> ONNXValue
}

extension LayerOptions {
    public static var kerasModule: String { "keras.layers" }
    public static var inputCount: LayerInputCount { .one }
    public static var kerasVariables: [String] { [] }
    public static func kerasOptionName(of parameter: String) -> String {
        parameter.hasSuffix("_kernel") ? String(parameter.dropLast("_kernel".count)) : parameter
    }
    public static var hasTrainableOption: Bool { true }
    public static var kerasCallDefaults: [String: JSONValue] { [:] }
    public var parametersScaleOutput: Bool { false }
    public func withoutDropout() -> Self { self }
    public var kerasClass: String { Self.kerasClasses[0] }
    public var writtenKerasModule: String { Self.kerasModule }
    public func kerasArguments(_ tensors: [JSONValue]) -> [JSONValue] {
        Self.inputCount == .several ? [.array(tensors)] : tensors
    }
}

/// How many layers feed a layer.
public enum LayerInputCount: Hashable, Sendable {
    /// It is an input of the network.
    case none
    /// One layer. Keras calls such a layer with a tensor.
    case one
    /// Two or more. Keras calls such a layer with a list of tensors.
    case several
}

/// What a network does for a layer.
public enum LayerOperation {
    /// It takes the stamps, or their features, of this shape.
    case input(Shape)
    /// The same values under another shape: costs nothing where no other layer uses them.
    case reshape(Shape)
    /// A function of the layer's input: joins the layer before it or the loss where it can.
    case activation(ActivationFunction)
    /// A computing layer, and the function that is applied to what it gives. ReLU is left to the layer if it can apply
    /// it (`Layer.rectified()`), the last layer's softmax or sigmoid to the loss.
    case layer(any Layer, activation: ActivationFunction = .linear)
}
