import Faults
import LayerCatalog
import Layers
import Tensors

/// Puts the layers of a description in place, one after another: names, order, users, and what joins the layer before
/// it.
///
/// What a layer computes and whether its options fit, its kind says (`LayerOptions`).
struct NetworkBuilder {
    let network: String
    private(set) var nodes: [Network.Node] = []
    private(set) var parameters: [Network.Parameter] = []
    private(set) var trainableCount = 0
    private(set) var stateCount = 0
    private(set) var preparedCount = 0
    /// The input of the stamps, and that of features.
    private var stampsNode: Int?
    private(set) var featuresNode: Int?
    /// The last node of each layer.
    private var numbers: [String: Int] = [:]
    private var output: (loss: Loss, logitsNode: Int)?
    /// How many layers use each layer's output.
    private var users: [String: Int] = [:]
    /// The first node of the layers that have the same parameters, by the name of these.
    private var owners: [String: Int] = [:]
    private let described: [String: LayerDescription]
    private let last: String?
    private let endsInLogits: Bool
    /// Whether this is a part of a network: nothing need use its inputs, and its output is no class's.
    private let isPart: Bool
    /// Whether no layer may call OpenBLAS.
    private let isPortable: Bool

    init(_ description: NetworkDescription, isPart: Bool = false, bits: Bits? = nil) {
        self.isPart = isPart
        isPortable = bits == .portable
        network = description.name
        last = description.layers.last?.name
        endsInLogits = description.endsInLogits
        described = Dictionary(description.layers.map { ($0.name, $0) }) { first, _ in first }
        for input in description.layers.flatMap(\.inputs) { users[input, default: 0] += 1 }
    }

    /// Adds a layer, or throws what does not fit.
    mutating func append(_ layer: LayerDescription) throws {
        guard numbers[layer.name] == nil else {
            throw fault(layer, "the name stands twice", remedy: "give each layer a name of its own")
        }
        try checkSharing(layer)
        let inputs = try layer.inputs.map { name in
            guard let number = numbers[name] else {
                throw fault(
                    layer, "its input \(name) does not come before it",
                    remedy: "list layers after the layers that feed them")
            }
            return number
        }
        let place = LayerPlace(
            layer: layer.name, network: network, inputs: layer.inputs,
            inputShapes: inputs.map { nodes[$0].outputShape }, number: nodes.count)
        switch try layer.kind.options.operation(at: place) {
        case .input(let shape): try appendInput(layer, shape)
        case .reshape(let shape):
            try add(layer, reshaping(layer, inputs, to: shape), inputs, shape)
            try appendActivityPenalty(layer, .linear)
        case .activation(let function): try append(layer, function, inputs)
        case .layer(let computing, let activation): try append(layer, computing, activation, inputs)
        }
    }

    /// A layer that has the parameters of another one must be of its kind.
    private func checkSharing(_ layer: LayerDescription) throws {
        guard let name = layer.sharedWith else { return }
        guard let owner = described[name], owner.sharedWith == nil, owner.kind == layer.kind,
            owner.isTrainable == layer.isTrainable, owner.parameters == layer.parameters
        else {
            throw fault(
                layer, "it has the parameters of \(name), which is no such layer",
                remedy: "let layers share parameters whose options are the same")
        }
    }

    /// What the output means and which node gives the logits, or why the network cannot be trained.
    func finish() throws -> (loss: Loss, logitsNode: Int) {
        if !isPart, let idle = nodes.first(where: { $0.name != last && users[$0.name, default: 0] == 0 }) {
            throw Fault(
                .badData, "layer \(idle.name) of \(network)", "no layer uses its output",
                remedy: "remove it, or feed it to a layer behind it")
        }
        guard let last = nodes.last else {
            throw Fault(.badData, network, "it has no layers", remedy: "list an input and at least one Dense layer")
        }
        guard trainableCount + stateCount <= Self.mostParameters else {
            throw Fault(
                .badData, network, "its \(trainableCount + stateCount) parameters are more than any memory holds",
                remedy: "use fewer or smaller layers")
        }
        if isPart { return (.softmaxCrossEntropy, nodes.count - 1) }
        if endsInLogits { return try logitsOutput(last) }
        guard let output else {
            throw Fault(
                .badData, network, "its last layer \(last.name) has neither softmax nor sigmoid",
                remedy: "end with Dense(2, softmax) or Dense(1, sigmoid), or say --from-logits if it gives logits")
        }
        return output
    }

    /// What the output of a network means whose last layer gives logits.
    private func logitsOutput(_ last: Network.Node) throws -> (loss: Loss, logitsNode: Int) {
        guard last.outputShape.extents.count == 1 else {
            throw Fault(
                .badData, network, "its last layer \(last.name) gives logits of shape \(last.outputShape)",
                remedy: "use a unit for each class, or 1, behind a Flatten layer")
        }
        let logitsNode = nodes.lastIndex { !($0.layer is ActivityPenalty) } ?? nodes.count - 1
        return (last.outputShape.count == 1 ? .sigmoidCrossEntropy : .softmaxCrossEntropy, logitsNode)
    }

    /// The number of the node that takes the stamps.
    ///
    /// - Throws: a fault for a network that takes none.
    func requiredStampsNode() throws -> Int {
        guard let stampsNode else {
            throw Fault(
                .badData, network, "it has no input for stamps",
                remedy: "add an input of shape (height, width, channels)")
        }
        return stampsNode
    }

    /// As many values as a network may have in all: 8 GiB of them.
    private static let mostParameters = 1 << 31

    private func fault(_ layer: LayerDescription, _ problem: String, remedy: String) -> Fault {
        Fault(.badData, "layer \(layer.name) of \(network)", problem, remedy: remedy)
    }

    // MARK: Inputs

    /// An input of stamps, which have three extents, or of features: one of each at most.
    private mutating func appendInput(_ layer: LayerDescription, _ shape: Shape) throws {
        let isOfStamps = shape.extents.count == 3
        if let first = isOfStamps ? stampsNode : featuresNode {
            throw fault(
                layer, "it is a second input of \(isOfStamps ? "stamps" : "features"), beside \(nodes[first].name)",
                remedy: "give a network one input of shape (height, width, channels) and at most one of shape (F,)")
        }
        if isOfStamps { stampsNode = nodes.count } else { featuresNode = nodes.count }
        try add(layer, .input, [], shape)
    }

    // MARK: Layers and activations

    /// A computing layer with its own activation: a rectifier joins it if it can, the output's softmax or sigmoid the
    /// loss; anything else becomes a node behind it.
    private mutating func append(
        _ layer: LayerDescription, _ computing: any Layer, _ activation: ActivationFunction, _ inputs: [Int]
    ) throws {
        let isFrozen = !layer.isTrainable && !computing.parameters.isEmpty
        var (computing, inputs) = (computing, inputs)
        if let (padded, input) = joiningPadding(layer, computing, inputs) {
            nodes[inputs[0]] = nodes[inputs[0]].deferred
            (computing, inputs) = (padded, [input])
        }
        if isFrozen, let normalization = computing as? BatchNormalization {
            computing = FrozenBatchNormalization(normalization)
        }
        if isPortable { computing = computing.portable() }
        let rectified = activation == .relu ? computing.rectified() : nil
        computing = rectified ?? computing
        try add(layer, Network.Operation(computing), inputs, computing.outputShape)
        let number = nodes.count - 1
        if endsNetwork(layer, activation) {
            try noteOutput(layer, activation, logitsNode: number)
            return try appendActivityPenalty(layer, activation)
        }
        guard activation != .linear, rectified == nil else { return try appendActivityPenalty(layer, .linear) }
        let own = ActivationLayer(name: layer.name, inputShape: computing.outputShape, function: activation)
        try add(
            LayerDescription(name: layer.name, kind: .activation(activation), inputs: layer.inputs), .layer(own),
            [number], own.outputShape, isInternal: true)
        try appendActivityPenalty(layer, .linear)
    }

    /// A layer with the padding before it as its own, if it can have that and nothing else uses the padded map; and the
    /// node that then feeds it.
    private func joiningPadding(
        _ layer: LayerDescription, _ computing: any Layer, _ inputs: [Int]
    ) -> (layer: any Layer, input: Int)? {
        guard inputs.count == 1, users[layer.inputs[0]] == 1, let padding = nodes[inputs[0]].layer as? ZeroPadding2D,
            let padded = computing.padded(by: padding)
        else { return nil }
        return (padded, nodes[inputs[0]].inputs[0])
    }

    /// What a layer's outputs add to the loss, as a node behind it.
    ///
    /// - Parameter function: what the loss applies to them; linear for outputs as they are.
    private mutating func appendActivityPenalty(_ layer: LayerDescription, _ function: ActivationFunction) throws {
        guard let penalty = layer.parameters.activityRegularizer?.penalty else { return }
        let number = nodes.count - 1
        let shape = nodes[number].outputShape
        try add(
            LayerDescription(name: layer.name, kind: layer.kind, inputs: layer.inputs),
            .layer(ActivityPenalty(name: layer.name, outputShape: shape, penalty: penalty, function: function)),
            [number], shape, isInternal: true)
    }

    /// An activation layer: ReLU joins the layer before it where that can apply it on its way.
    private mutating func append(
        _ layer: LayerDescription, _ function: ActivationFunction, _ inputs: [Int]
    ) throws {
        let input = inputs[0]
        let shape = nodes[input].outputShape
        let endsNetwork = endsNetwork(layer, function)
        if endsNetwork || function == .linear {
            try add(layer, reshaping(layer, inputs, to: shape), inputs, shape)
        } else if function == .relu, users[layer.inputs[0]] == 1, let rectified = nodes[input].rectified {
            nodes[input] = rectified
            try add(layer, .view, inputs, shape)
        } else {
            let computing = ActivationLayer(name: layer.name, inputShape: shape, function: function)
            try add(layer, .layer(computing), inputs, shape)
        }
        if endsNetwork { try noteOutput(layer, function, logitsNode: input) }
        try appendActivityPenalty(layer, endsNetwork ? function : .linear)
    }

    /// The same values under another shape: without a copy, unless other layers use them too.
    private func reshaping(_ layer: LayerDescription, _ inputs: [Int], to shape: Shape) -> Network.Operation {
        precondition(shape.count == nodes[inputs[0]].outputShape.count, "\(layer.name) has other values than its input")
        return users[layer.inputs[0]] == 1 && !nodes[inputs[0]].isInput
            ? .view : .layer(Copy(name: layer.name, outputShape: shape))
    }

    /// The last layer's softmax or sigmoid belongs to the loss.
    private func endsNetwork(_ layer: LayerDescription, _ function: ActivationFunction) -> Bool {
        layer.name == last && !endsInLogits && (function == .softmax || function == .sigmoid)
    }

    private mutating func noteOutput(
        _ layer: LayerDescription, _ function: ActivationFunction, logitsNode: Int
    ) throws {
        let shape = nodes[nodes.count - 1].outputShape
        let isSoftmax = function == .softmax
        guard shape.extents.count == 1, isSoftmax ? shape.count > 1 : shape.count == 1 else {
            throw fault(
                layer, "\(isSoftmax ? "softmax" : "sigmoid") over outputs of shape \(shape)",
                remedy: isSoftmax
                    ? "use a unit for each class, at least 2, behind a Flatten layer"
                    : "use 1 unit behind a Flatten layer")
        }
        output = (function == .softmax ? .softmaxCrossEntropy : .sigmoidCrossEntropy, logitsNode)
    }

    // MARK: Nodes

    private mutating func add(
        _ layer: LayerDescription, _ operation: Network.Operation, _ inputs: [Int], _ outputShape: Shape,
        isInternal: Bool = false
    ) throws {
        // What needs the whole batch's sums opens the next segment.
        var segment = inputs.map { nodes[$0].segment }.max() ?? 0
        if case .synchronized = operation { segment += 1 }
        let layerNode = isInternal ? nil : operation.layer
        let isFrozen = !layer.isTrainable && layerNode?.parameters.isEmpty == false
        let owner = layerNode?.parameters.isEmpty == false ? owners[layer.parameterOwner].map { nodes[$0] } : nil
        let node = Network.Node(
            name: layer.name, kind: layer.kind, operation: operation, inputs: inputs, outputShape: outputShape,
            parameterOffset: owner?.parameterOffset ?? (isFrozen ? stateCount : trainableCount),
            stateOffset: owner?.stateOffset ?? stateCount, preparedOffset: preparedCount, segment: segment,
            isInternal: isInternal, isFrozen: isFrozen, sharesParameters: owner != nil)
        numbers[layer.name] = nodes.count
        preparedCount += node.layer?.preparedCount ?? 0
        if let owner {
            guard owner.layer?.parameters == node.layer?.parameters else {
                throw fault(
                    layer, "its inputs ask for other parameters than those of \(owner.name), which it has",
                    remedy: "let layers share parameters whose inputs have as many channels")
            }
        } else {
            appendParameters(of: node, layer)
        }
        nodes.append(node)
    }

    private mutating func appendParameters(of node: Network.Node, _ layer: LayerDescription) {
        guard let placed = node.layer, !placed.parameters.isEmpty else { return }
        if !node.isInternal { owners[layer.parameterOwner] = nodes.count }
        for specification in placed.parameters {
            let isTrainable = specification.isTrainable && !node.isFrozen
            let asked = layer.parameters.initializers[specification.name]?.specification(of: specification.shape)
            parameters.append(
                Network.Parameter(
                    name: "\(layer.parameterOwner)/\(specification.name)", shape: specification.shape,
                    isTrainable: isTrainable, offset: isTrainable ? trainableCount : stateCount,
                    initializer: asked ?? specification.initializer,
                    penalty: isTrainable ? layer.parameters.regularizers[specification.name]?.penalty : nil))
            if isTrainable {
                trainableCount += specification.shape.count
            } else {
                stateCount += specification.shape.count
            }
        }
    }
}
