import Tensors

/// One layer of a network: its shapes, its parameters, and the two passes over one microbatch.
///
/// A layer is a value without state: activations, gradients and parameters belong to the caller and come with each
/// `LayerPass`. Values lie in NHWC order, samples one after another without gaps. A layer knows nothing of threads,
/// other microbatches or other processes.
public protocol Layer: Sendable {
    /// The layer's name, unique in its network, for instance `conv1`.
    var name: String { get }
    /// The shape of one sample's output.
    var outputShape: Shape { get }
    /// The parameters in the order in which they lie in memory, first all trainable ones.
    var parameters: [ParameterSpecification] { get }
    /// Bytes per sample that the forward pass keeps for the backward pass beside inputs and output.
    var keptBytes: Int { get }
    /// Products of an input and a weight that one sample's forward pass adds up: the yardstick of a layer's speed. Taps
    /// of a convolution that meet only padding do not count, nor does arithmetic that no weight takes part in.
    var multiplyAdds: Int { get }
    /// Whether the output is cheaper to compute anew than to fetch from main memory. By default that of a layer of at
    /// most 32 products (`multiplyAdds`) for each value, but at least one.
    var isCheapToRecompute: Bool { get }
    /// Floats of scratch memory that either pass over `samples` samples may use.
    func workspaceCount(samples: Int) -> Int
    /// Floats of rearranged weights that `prepare` writes.
    var preparedCount: Int { get }
    /// Rearranges the trainable parameters for the passes of one step into `preparedCount` floats.
    func prepare(_ parameters: FloatView, into prepared: MutableFloatView)
    /// Whether OpenBLAS computes the passes, whose bits follow its own type of processor.
    var callsOpenBLAS: Bool { get }
    /// The same layer computed by the program's own loops, whose bits follow no processor.
    func portable() -> any Layer
    /// Whether the layer ends with a rectifier, max(x, 0).
    var isRectified: Bool { get }
    /// The same layer with a rectifier at its end, which costs no pass of its own; nil for one that cannot have it.
    func rectified() -> (any Layer)?
    /// The same layer reading the map that `padding` would have put zeros around; nil for one that cannot.
    func padded(by padding: ZeroPadding2D) -> (any Layer)?
    /// Whether `backward` can take the gradient through the rectifier that made the layer's only input as well.
    var canRectifyInputGradient: Bool { get }
    /// What `backward` reads of what `forward` has read and written, beside `keptBytes`.
    func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead
    /// Computes `pass.output` from `pass.inputs`; again if called again.
    func forward(_ pass: LayerPass)
    /// Computes the input gradients that are asked for and overwrites the parameters' gradient, both from
    /// `pass.outputGradient`, whose contents it may change.
    func backward(_ pass: LayerPass)
}

extension Layer {
    public var parameters: [ParameterSpecification] { [] }
    public var keptBytes: Int { 0 }
    public var multiplyAdds: Int { 0 }
    public var isCheapToRecompute: Bool { multiplyAdds > 0 && multiplyAdds <= 32 * outputShape.count }
    public func workspaceCount(samples: Int) -> Int { 0 }
    public var preparedCount: Int { 0 }
    public var callsOpenBLAS: Bool { false }
    public func portable() -> any Layer { self }
    public var isRectified: Bool { false }
    public func rectified() -> (any Layer)? { nil }
    public func padded(by padding: ZeroPadding2D) -> (any Layer)? { nil }
    public var canRectifyInputGradient: Bool { false }
    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: true)
    }
    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {}

    /// How many of the layer's values are trained.
    public var trainableCount: Int { parameters.filter(\.isTrainable).reduce(0) { $0 + $1.shape.count } }
    /// How many values the layer has that are not trained (moving statistics).
    public var stateCount: Int { parameters.filter { !$0.isTrainable }.reduce(0) { $0 + $1.shape.count } }
}

/// What a layer's backward pass reads of the forward pass: the rest need not be there any more.
public struct ValuesRead: Hashable, Sendable {
    public let inputs: Bool
    public let output: Bool

    public init(inputs: Bool, output: Bool) {
        self.inputs = inputs
        self.output = output
    }
}

/// The memory that one pass of one layer over one microbatch works on.
///
/// Views may have room for more samples than the microbatch has; those of what nobody needs have none.
public struct LayerPass {
    /// Samples of the microbatch.
    public var samples = 0
    /// Samples of the whole batch, over which the loss is a mean.
    public var batchSamples = 0
    /// The layer's inputs (samples × input shape).
    public var inputs: [FloatView] = []
    /// The layer's output (samples × output shape).
    public var output: MutableFloatView
    /// What the forward pass keeps (samples × `keptBytes`).
    public var kept: MutableBufferView<UInt8>
    /// The layer's trainable parameters (`trainableCount`).
    public var parameters: FloatView
    /// What `prepare` wrote (`preparedCount`).
    public var prepared: FloatView
    /// Scratch memory (`workspaceCount`).
    public var workspace: MutableFloatView
    /// ∂loss/∂output (samples × output shape); backward only.
    public var outputGradient: MutableFloatView
    /// Where ∂loss/∂input goes (samples × input shape), one for each input; nil where nobody needs it.
    public var inputGradients: [MutableFloatView?] = []
    /// Whether the input gradient is to be the one before the rectifier that made the input, 0 unless input > 0: only
    /// for layers that can do so, in place of a pass of its own over the map.
    public var rectifiesInputGradient = false
    /// Whether `outputGradient` is the one before the layer's own rectifier already.
    public var isOutputGradientRectified = false
    /// Where ∂loss/∂parameters of this microbatch goes, laid out as `parameters`.
    public var parameterGradient: MutableFloatView
    /// Whether anyone reads `parameterGradient`; if not, layers for which it is a pass of its own leave it out.
    public var needsParameterGradient = true
    /// Whether layers such as dropout draw random numbers, as in training; else they do nothing.
    public var drawsAtRandom = false
    /// What random numbers are a function of.
    public var random = RandomCoordinates()

    /// A pass whose views are empty until they are set.
    ///
    /// - Parameter workspace: scratch memory, at whose start the empty views lie.
    public init(workspace: MutableFloatView) {
        self.workspace = workspace
        let empty = workspace.slice(0)
        (output, outputGradient, parameterGradient) = (empty, empty, empty)
        (parameters, prepared) = (FloatView(empty), FloatView(empty))
        kept = MutableBufferView(bytes: empty)
    }
}

/// The coordinates of a microbatch's random numbers beside the layer's own.
public struct RandomCoordinates: @unchecked Sendable {
    /// The run's seed.
    public var seed: UInt64 = 0
    /// The training step, counted from the run's start.
    public var step: UInt32 = 0
    /// The numbers of the microbatch's samples in the training set.
    public var samples: UnsafePointer<UInt32>?

    public init() {}
}
