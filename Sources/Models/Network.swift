import Faults
import LayerCatalog
import Layers
import Tensors

/// A network that can run: its layers with their shapes, and where each parameter lies.
///
/// Trainable parameters of all layers lie in one vector, in the order of the layers; moving statistics in another.
public struct Network: Sendable {
    /// What a node does.
    public enum Operation: Sendable {
        /// The stamps, or features of them.
        case input
        /// The same values under another shape.
        case view
        /// Nothing: its only user takes the input's values and does what the layer would have done.
        case deferred
        /// A layer that works on each microbatch by itself.
        case layer(any Layer)
        /// A layer where all microbatches synchronise: it needs sums over the whole batch.
        case synchronized(any SynchronizedLayer)

        /// What a node does that runs `layer`.
        init(_ layer: any Layer) {
            if let layer = layer as? any SynchronizedLayer { self = .synchronized(layer) } else { self = .layer(layer) }
        }

        /// The layer that runs, if one does.
        var layer: (any Layer)? {
            switch self {
            case .layer(let layer): layer
            case .synchronized(let layer): layer
            case .input, .view, .deferred: nil
            }
        }
    }

    /// One layer in its place.
    public struct Node: Sendable {
        /// The layer's name.
        public let name: String
        /// What the description says of the layer.
        public let kind: LayerKind
        /// What runs for it.
        public let operation: Operation
        /// Numbers of the nodes that feed this one.
        public let inputs: [Int]
        /// The shape of one sample's output.
        public let outputShape: Shape
        /// Where the layer's trainable parameters start; of a frozen layer, where all its values start among the moving
        /// statistics.
        public let parameterOffset: Int
        /// Where its moving statistics start.
        public let stateOffset: Int
        /// Where its rearranged weights start in the memory that all lanes share.
        public let preparedOffset: Int
        /// How many synchronisation points lie before this node, one behind the other.
        public let segment: Int
        /// Whether this is a described layer's activation, run as a layer of its own.
        public let isInternal: Bool
        /// Whether training leaves the layer's parameters as they are.
        public let isFrozen: Bool
        /// Whether a node before this one has the same parameters in the same place.
        public let sharesParameters: Bool
        /// How many of the layer's values are trained.
        public let trainableCount: Int
        /// How many values the layer has that are not trained.
        public let stateCount: Int

        init(
            name: String, kind: LayerKind, operation: Operation, inputs: [Int], outputShape: Shape,
            parameterOffset: Int, stateOffset: Int, preparedOffset: Int, segment: Int, isInternal: Bool,
            isFrozen: Bool = false, sharesParameters: Bool = false
        ) {
            (self.name, self.kind, self.operation, self.inputs) = (name, kind, operation, inputs)
            (self.outputShape, self.segment, self.isInternal) = (outputShape, segment, isInternal)
            (self.parameterOffset, self.stateOffset) = (parameterOffset, stateOffset)
            self.preparedOffset = preparedOffset
            (self.isFrozen, self.sharesParameters) = (isFrozen, sharesParameters)
            // Steps ask for these: a layer would count them anew each time.
            let layer = operation.layer
            let layerCounts = (trainable: layer?.trainableCount ?? 0, state: layer?.stateCount ?? 0)
            trainableCount = isFrozen ? 0 : layerCounts.trainable
            stateCount = layerCounts.state + (isFrozen ? layerCounts.trainable : 0)
        }

        /// The same node with ReLU applied on the way, if its layer can do that.
        var rectified: Node? {
            guard let layer, !layer.isRectified, let rectified = layer.rectified() else { return nil }
            return Node(
                name: name, kind: kind, operation: Operation(rectified), inputs: inputs, outputShape: outputShape,
                parameterOffset: parameterOffset, stateOffset: stateOffset, preparedOffset: preparedOffset,
                segment: segment, isInternal: isInternal, isFrozen: isFrozen, sharesParameters: sharesParameters)
        }

        /// The same node when its user does its work.
        var deferred: Node {
            Node(
                name: name, kind: kind, operation: .deferred, inputs: inputs, outputShape: outputShape,
                parameterOffset: parameterOffset, stateOffset: stateOffset, preparedOffset: preparedOffset,
                segment: segment, isInternal: isInternal)
        }

        /// Whether this is an input of the network.
        public var isInput: Bool { if case .input = operation { true } else { false } }

        /// The layer, if the node has one.
        public var layer: (any Layer)? { operation.layer }
    }

    /// One named array of parameters.
    public struct Parameter: Hashable, Sendable {
        /// `layer/parameter`, for instance `conv1/kernel`.
        public let name: String
        /// In Keras' layout.
        public let shape: Shape
        /// Whether the optimizer changes it; moving statistics are not trained.
        public let isTrainable: Bool
        /// Where it starts in the vector of trainable parameters or of moving statistics.
        public let offset: Int
        /// How it is drawn before training.
        public let initializer: ParameterSpecification.Initializer
        /// What its size adds to the loss in training; nil for nothing.
        public let penalty: Penalty?
    }

    /// What the network was built from.
    public let description: NetworkDescription
    /// In an order in which inputs come before their users; the last is the output.
    public let nodes: [Node]
    /// In the order of the layers.
    public let parameters: [Parameter]
    /// How many values are trained.
    public let trainableCount: Int
    /// How many values the moving statistics have.
    public let stateCount: Int
    /// How many values there are in all, trained or not: what Keras calls the total of parameters.
    public var parameterCount: Int { trainableCount + stateCount }
    /// Floats that all layers' rearranged weights take.
    public let preparedCount: Int
    /// What the last layer's outputs mean.
    public let loss: Loss
    /// The number of the node that gives the logits, of which the loss takes softmax or sigmoid. An activation layer
    /// that has become part of the loss is the last node, but not this one.
    let logitsNode: Int

    /// The number of the node that takes the stamps.
    public let stampsNode: Int
    /// The number of the node that takes features of each stamp; nil in a network that sees stamps alone.
    public let featuresNode: Int?

    /// The stamps' shape: (height, width, channels).
    public var inputShape: Shape { nodes[stampsNode].outputShape }
    /// How many features of each stamp the network takes beside it; 0 for none.
    public var featureCount: Int { featuresNode.map { nodes[$0].outputShape.count } ?? 0 }
    /// How many values the network takes for a sample: those of the stamp, channels last, and then the features.
    public var sampleValues: Int { inputShape.count + featureCount }
    /// How many outputs the network has: one for each class (softmax), or 1 (sigmoid) for two classes.
    public var outputs: Int { nodes[nodes.count - 1].outputShape.count }
    /// How many classes the network tells apart.
    public var classCount: Int { max(outputs, 2) }
    /// How many segments the network has: one more than the synchronisation points in a row.
    public var segments: Int { (nodes.map(\.segment).max() ?? 0) + 1 }

    /// Whether OpenBLAS computes one of the layers.
    public var callsOpenBLAS: Bool { nodes.contains { $0.operation.layer?.callsOpenBLAS == true } }

    /// Why nothing can be trained here; nil where something can.
    ///
    /// - Parameter file: where the network comes from, for messages.
    public func trainingFault(_ file: String) -> Fault? {
        for node in nodes {
            guard let random = node.kind.options as? RandomPreprocessingOptions else { continue }
            return Fault(
                .badData, file,
                "layer \(node.name) (\(random.className)) changes stamps at random in training, which "
                    + "is not supported",
                remedy: "leave the layer out, and let --augment vary stamps")
        }
        if let fault = regularizerFault(file) { return fault }
        guard trainableCount == 0 else { return nil }
        return Fault(
            .badData, file, "has nothing that training may change: all of its layers are frozen",
            remedy: "name those to train with --train-only, or set their trainable to True")
    }

    /// Why the loss cannot be computed: a regulariser that is not known.
    private func regularizerFault(_ file: String) -> Fault? {
        for layer in description.layers {
            let ofWeights = layer.isTrainable ? layer.parameters.regularizers : [:]
            let all = ofWeights.sorted { $0.key < $1.key }.map(\.value) + [layer.parameters.activityRegularizer]
            for case .other(let value)? in all {
                return Fault(
                    .badData, file,
                    "layer \(layer.name) (\(layer.kind.kerasName)) has the regularizer \(value.summary), which is not "
                        + "supported in training",
                    remedy: "use L1, L2 or L1L2")
            }
        }
        return nil
    }

    /// Why first weights cannot be drawn; nil where they can.
    ///
    /// - Parameter file: where the network comes from, for messages.
    public func drawingFault(_ file: String) -> Fault? {
        let layers = Dictionary(description.layers.map { ($0.name, $0) }) { first, _ in first }
        for parameter in parameters {
            let parts = parameter.name.split(separator: "/")
            guard parts.count == 2, let layer = layers[String(parts[0])],
                let initializer = layer.parameters.initializers[String(parts[1])],
                initializer.specification(of: parameter.shape) == nil
            else { continue }
            return Fault(
                .badData, file,
                "layer \(layer.name) (\(layer.kind.kerasName)) draws \(parts[1]) of shape \(parameter.shape) as "
                    + "\(initializer.kerasValue.summary), which is not supported",
                remedy: "use another initializer, such as GlorotUniform or HeNormal, or begin with weights: "
                    + "--initial-weights FILE")
        }
        return nil
    }

    /// Builds the network, or says which layer does not fit and what would.
    public init(_ description: NetworkDescription) throws { try self.init(description, isPart: false) }

    /// Builds a part of a network, whose output may be of any shape: nothing is trained there, so `loss` means nothing.
    ///
    /// - Parameter description: which ends in logits, so that its last activation is applied.
    init(partOf description: NetworkDescription) throws { try self.init(description, isPart: true) }

    /// - Parameter bits: portable for products that do not depend on the processor; nil for a choice by size.
    init(_ description: NetworkDescription, isPart: Bool = false, bits: Bits? = nil) throws {
        self.description = description
        var builder = NetworkBuilder(description, isPart: isPart, bits: bits)
        for layer in description.layers { try builder.append(layer) }
        (loss, logitsNode) = try builder.finish()
        (stampsNode, featuresNode) = (try builder.requiredStampsNode(), builder.featuresNode)
        nodes = builder.nodes
        parameters = builder.parameters
        trainableCount = builder.trainableCount
        stateCount = builder.stateCount
        preparedCount = builder.preparedCount
    }

    /// First values of all parameters: a pure function of the seed, parameter by parameter.
    public func initialWeights(seed: UInt64) -> Weights {
        let weights = Weights(network: self)
        let random = CounterBasedRandom(seed: seed)
        for (number, parameter) in parameters.enumerated() {
            let specification = ParameterSpecification(
                parameter.name, parameter.shape, parameter.initializer, isTrainable: parameter.isTrainable)
            specification.initialize(
                weights.pointer(parameter), from: random.stream(.initialWeights, detail: number))
        }
        return weights
    }

    /// Probabilities of samples from their logits, (samples, outputs) both.
    public func probabilities(_ logits: [Float]) -> [Float] {
        var probabilities = logits
        loss.probabilities(
            logits: logits, samples: logits.count / outputs, outputs: outputs, into: &probabilities)
        return probabilities
    }

    /// Whether a layer draws random numbers in training, such as dropout.
    public var drawsRandomNumbers: Bool { nodes.contains { $0.kind.withoutDropout() != $0.kind } }

    /// The network with its dropout layers switched off: they stay in place with rate 0.
    public func withoutDropout() throws -> Network {
        var description = description
        for (index, layer) in description.layers.enumerated() {
            description.layers[index].kind = layer.kind.withoutDropout()
        }
        return try Network(description)
    }
}

/// All values of a network: the trainable parameters and the moving statistics.
public final class Weights: Sendable {
    /// The trainable parameters of all layers, in the order of the layers.
    public let trainable: FloatBuffer
    /// The moving statistics of all layers, in the order of the layers.
    public let state: FloatBuffer

    /// Zeros for every parameter of `network`.
    public init(network: Network) {
        trainable = FloatBuffer(count: network.trainableCount)
        state = FloatBuffer(count: network.stateCount)
    }

    /// Where a parameter's values start.
    public func pointer(_ parameter: Network.Parameter) -> UnsafeMutablePointer<Float> {
        (parameter.isTrainable ? trainable.pointer : state.pointer) + parameter.offset
    }

    /// Whether no value is infinite or not a number.
    public var isFinite: Bool {
        [trainable, state].allSatisfy { buffer in
            UnsafeBufferPointer(start: buffer.pointer, count: buffer.count).allSatisfy(\.isFinite)
        }
    }

    /// A parameter's values.
    public func values(_ parameter: Network.Parameter) -> [Float] {
        Array(UnsafeBufferPointer(start: pointer(parameter), count: parameter.shape.count))
    }
}
