import Faults
import Layers
import Tensors

/// Puts the layers of a description in place, one after another, and checks that each fits.
struct NetworkBuilder {
    let network: String
    private(set) var nodes: [Network.Node] = []
    private(set) var parameters: [Network.Parameter] = []
    private(set) var trainableCount = 0
    private(set) var stateCount = 0
    private(set) var preparedCount = 0
    private var numbers: [String: Int] = [:]
    private var loss: Loss?

    init(network: String) { self.network = network }

    /// Adds a layer, or throws what does not fit.
    mutating func append(_ layer: LayerDescription) throws {
        guard numbers[layer.name] == nil else {
            throw fault(layer, "the name stands twice", remedy: "give each layer a name of its own")
        }
        guard loss == nil else {
            throw fault(
                layer, "it follows \(nodes.last!.name), whose softmax or sigmoid ends the network",
                remedy: "use softmax or sigmoid in the last layer only")
        }
        let inputs = try layer.inputs.map { name in
            guard let number = numbers[name] else {
                throw fault(
                    layer, "its input \(name) does not come before it",
                    remedy: "list layers after the layers that feed them")
            }
            return number
        }
        let operation = try operation(layer, inputs)
        place(layer, operation, inputs)
    }

    /// What the output means, or why it cannot be trained.
    func finish() throws -> Loss {
        guard let last = nodes.last else {
            throw Fault(.badData, network, "it has no layers", remedy: "list an input and at least one Dense layer")
        }
        guard let loss else {
            throw Fault(
                .badData, network, "its last layer \(last.name) has neither softmax nor sigmoid",
                remedy: "end with Dense(2, softmax) or Dense(1, sigmoid)")
        }
        return loss
    }

    // MARK: One layer

    private mutating func operation(_ layer: LayerDescription, _ inputs: [Int]) throws -> Network.Operation {
        if case .input(let shape) = layer.kind {
            guard nodes.isEmpty, layer.inputs.isEmpty, shape.extents.count == 3 else {
                throw fault(
                    layer, "a network has one input of shape (height, width, channels)",
                    remedy: "put it first and feed it nothing")
            }
            return .input
        }
        guard inputs.count == 1 else {
            throw fault(layer, "it has \(inputs.count) inputs", remedy: "feed it one layer")
        }
        let shape = nodes[inputs[0]].outputShape
        switch layer.kind {
        case .input: preconditionFailure("an input was handled above")
        case .flatten: return .view
        case .dropout(let rate):
            guard rate >= 0, rate < 1 else {
                throw fault(layer, "its rate is \(rate)", remedy: "use a rate from 0 up to, but not including, 1")
            }
            return .layer(Dropout(name: layer.name, inputShape: shape, rate: rate, layerNumber: nodes.count))
        case .batchNormalization(let momentum, let epsilon):
            return .batchNormalization(
                BatchNormalization(name: layer.name, inputShape: shape, momentum: momentum, epsilon: epsilon))
        case .dense(let units, let activation):
            guard units > 0 else { throw fault(layer, "it has \(units) units", remedy: "use at least one") }
            let dense = Dense(name: layer.name, inputShape: shape, units: units, isRectified: activation == .relu)
            try noteOutput(layer, activation, dense.outputShape)
            return .layer(dense)
        case .convolution2D(let filters, let kernelSize, let strides, let padding, let activation):
            try checkWindow(layer, shape, kernelSize, strides, padding)
            guard filters > 0 else { throw fault(layer, "it has \(filters) filters", remedy: "use at least one") }
            guard activation == .relu || activation == .linear else {
                throw fault(layer, "its activation is \(activation.rawValue)", remedy: "use relu or linear")
            }
            return .layer(
                Convolution2D(
                    name: layer.name, inputShape: shape, filters: filters, kernelSize: kernelSize, strides: strides,
                    padding: padding, isRectified: activation == .relu))
        case .maxPooling2D(let poolSize, let strides, let padding):
            try checkWindow(layer, shape, poolSize, strides, padding)
            guard poolSize.height * poolSize.width <= 256 else {
                throw fault(layer, "its window holds more than 256 pixels", remedy: "use a smaller window")
            }
            return .layer(
                MaxPooling2D(
                    name: layer.name, inputShape: shape, poolSize: poolSize, strides: strides, padding: padding))
        }
    }

    /// Softmax and sigmoid end a network: they belong to the loss.
    private mutating func noteOutput(
        _ layer: LayerDescription, _ activation: ActivationFunction, _ shape: Shape
    ) throws {
        switch activation {
        case .linear, .relu: return
        case .softmax:
            guard shape.extents.count == 1, shape.count == 2 else {
                throw fault(
                    layer, "softmax over outputs of shape \(shape)", remedy: "use 2 units behind a Flatten layer")
            }
            loss = .softmaxCrossEntropy
        case .sigmoid:
            guard shape.extents.count == 1, shape.count == 1 else {
                throw fault(
                    layer, "sigmoid over outputs of shape \(shape)", remedy: "use 1 unit behind a Flatten layer")
            }
            loss = .sigmoidCrossEntropy
        }
    }

    private func checkWindow(
        _ layer: LayerDescription, _ shape: Shape, _ window: Extent2D, _ strides: Extent2D, _ padding: Padding
    ) throws {
        guard shape.extents.count == 3 else {
            throw fault(layer, "its input has shape \(shape)", remedy: "put it before the Flatten layer, on maps")
        }
        guard window.height > 0, window.width > 0, strides.height > 0, strides.width > 0 else {
            throw fault(layer, "its window or strides are not positive", remedy: "use at least 1")
        }
        let (height, width) = (shape.extents[0], shape.extents[1])
        guard padding == .same || (window.height <= height && window.width <= width) else {
            throw fault(
                layer, "its \(window.height)×\(window.width) window is larger than its \(height)×\(width) map",
                remedy: "use larger stamps or a smaller network")
        }
    }

    private func fault(_ layer: LayerDescription, _ problem: String, remedy: String) -> Fault {
        Fault(.badData, "layer \(layer.name) of \(network)", problem, remedy: remedy)
    }

    // MARK: Placing

    private mutating func place(_ layer: LayerDescription, _ operation: Network.Operation, _ inputs: [Int]) {
        // A batch normalisation needs the whole batch's sums: it opens the next segment.
        var segment = inputs.map { nodes[$0].segment }.max() ?? 0
        if case .batchNormalization = operation { segment += 1 }
        let node = Network.Node(
            name: layer.name, kind: layer.kind, operation: operation, inputs: inputs,
            outputShape: outputShape(layer, operation, inputs), parameterOffset: trainableCount,
            stateOffset: stateCount,
            preparedOffset: preparedCount, segment: segment)
        numbers[layer.name] = nodes.count
        nodes.append(node)
        guard let placed = node.layer else { return }
        preparedCount += placed.preparedCount
        for specification in placed.parameters {
            parameters.append(
                Network.Parameter(
                    name: "\(layer.name)/\(specification.name)", shape: specification.shape,
                    isTrainable: specification.isTrainable,
                    offset: specification.isTrainable ? trainableCount : stateCount,
                    initializer: specification.initializer))
            if specification.isTrainable {
                trainableCount += specification.shape.count
            } else {
                stateCount += specification.shape.count
            }
        }
    }

    private func outputShape(_ layer: LayerDescription, _ operation: Network.Operation, _ inputs: [Int]) -> Shape {
        switch (operation, layer.kind) {
        case (.input, .input(let shape)): shape
        case (.view, _): [nodes[inputs[0]].outputShape.count]
        case (.layer(let layer), _): layer.outputShape
        case (.batchNormalization(let layer), _): layer.outputShape
        case (.input, _): preconditionFailure("only an input layer makes an input")
        }
    }
}
