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
    /// How many layers use each layer's output.
    private var users: [String: Int] = [:]
    private let last: String?

    init(_ description: NetworkDescription) {
        network = description.name
        last = description.layers.last?.name
        for input in description.layers.flatMap(\.inputs) { users[input, default: 0] += 1 }
    }

    /// Adds a layer, or throws what does not fit.
    mutating func append(_ layer: LayerDescription) throws {
        guard numbers[layer.name] == nil else {
            throw fault(layer, "the name stands twice", remedy: "give each layer a name of its own")
        }
        let inputs = try layer.inputs.map { name in
            guard let number = numbers[name] else {
                throw fault(
                    layer, "its input \(name) does not come before it",
                    remedy: "list layers after the layers that feed them")
            }
            return number
        }
        try checkActivation(of: layer)
        let operation = try operation(layer, inputs)
        place(layer, operation, inputs)
        try applyActivation(of: layer)
    }

    /// What the output means, or why the network cannot be trained.
    func finish() throws -> Loss {
        if let idle = nodes.first(where: { $0.name != last && users[$0.name, default: 0] == 0 }) {
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
        guard let loss else {
            throw Fault(
                .badData, network, "its last layer \(last.name) has neither softmax nor sigmoid",
                remedy: "end with Dense(2, softmax) or Dense(1, sigmoid)")
        }
        return loss
    }

    /// As many values as a network may have in all: 8 GiB of them.
    private static let mostParameters = 1 << 31

    // MARK: One layer

    private mutating func operation(_ layer: LayerDescription, _ inputs: [Int]) throws -> Network.Operation {
        if case .input(let shape) = layer.kind {
            guard nodes.isEmpty, layer.inputs.isEmpty, shape.extents.count == 3 else {
                throw fault(
                    layer, "a network has one input of shape (height, width, channels)",
                    remedy: "put it first and feed it nothing")
            }
            try checkSizes(layer, [shape.extents])
            return .input
        }
        switch layer.kind {
        case .add, .concatenate: return try merging(layer, inputs.map { nodes[$0].outputShape })
        default: break
        }
        guard inputs.count == 1 else {
            throw fault(layer, "it has \(inputs.count) inputs", remedy: "feed it one layer")
        }
        let shape = nodes[inputs[0]].outputShape
        switch layer.kind {
        case .input, .add, .concatenate: preconditionFailure("handled above")
        case .flatten: return reshaping(layer, from: inputs[0], to: [shape.count])
        case .activation: return activation(layer, inputs[0])
        case .dropout(let rate):
            guard rate >= 0, rate < 1 else {
                throw fault(layer, "its rate is \(rate)", remedy: "use a rate from 0 up to, but not including, 1")
            }
            return .layer(Dropout(name: layer.name, inputShape: shape, rate: rate, layerNumber: nodes.count))
        case .batchNormalization(let momentum, let epsilon, let center, let scale):
            guard epsilon > 0, epsilon.isFinite, momentum >= 0, momentum <= 1 else {
                throw fault(
                    layer, "its momentum is \(momentum) and its epsilon \(epsilon)",
                    remedy: "use a momentum from 0 to 1 and a positive epsilon")
            }
            return .synchronized(
                BatchNormalization(
                    name: layer.name, inputShape: shape, momentum: momentum, epsilon: epsilon, hasScale: scale,
                    hasCenter: center))
        case .dense(let units, let activation, let useBias):
            guard units > 0 else { throw fault(layer, "it has \(units) units", remedy: "use at least one") }
            try checkSizes(layer, [[units, shape.channels], [units, shape.rows]])
            return .layer(
                Dense(
                    name: layer.name, inputShape: shape, units: units, isRectified: activation == .relu,
                    hasBias: useBias))
        case .convolution2D(let filters, let kernelSize, let strides, let padding, let activation, let useBias):
            guard filters > 0 else { throw fault(layer, "it has \(filters) filters", remedy: "use at least one") }
            try checkWindow(layer, shape, kernelSize, strides, padding)
            try checkSizes(
                layer,
                [
                    [filters, kernelSize.height, kernelSize.width, shape.channels],
                    [filters, shape.extents[0] + kernelSize.height, shape.extents[1] + kernelSize.width],
                ])
            return .layer(
                Convolution2D(
                    name: layer.name, inputShape: shape, filters: filters, kernelSize: kernelSize, strides: strides,
                    padding: padding, isRectified: activation == .relu, hasBias: useBias))
        default: return try mapping(layer, shape)
        }
    }

    /// Layers that work on maps and have no parameters.
    private func mapping(_ layer: LayerDescription, _ shape: Shape) throws -> Network.Operation {
        guard shape.extents.count == 3 else {
            throw fault(layer, "its input has shape \(shape)", remedy: "put it before the Flatten layer, on maps")
        }
        switch layer.kind {
        case .zeroPadding2D(let top, let bottom, let left, let right):
            guard min(top, bottom, left, right) >= 0 else {
                throw fault(layer, "its padding is negative", remedy: "use at least 0")
            }
            try checkSizes(
                layer, [[top, 1], [bottom, 1], [left, 1], [right, 1]])
            try checkSizes(
                layer, [[shape.extents[0] + top + bottom, shape.extents[1] + left + right, shape.channels]])
            return .layer(
                ZeroPadding2D(
                    name: layer.name, inputShape: shape, top: top, bottom: bottom, left: left, right: right))
        case .maxPooling2D(let poolSize, let strides, let padding):
            try checkWindow(layer, shape, poolSize, strides, padding)
            guard poolSize.height <= 256, poolSize.width <= 256, poolSize.height * poolSize.width <= 256 else {
                throw fault(layer, "its window holds more than 256 pixels", remedy: "use a smaller window")
            }
            return .layer(
                MaxPooling2D(
                    name: layer.name, inputShape: shape, poolSize: poolSize, strides: strides, padding: padding))
        case .averagePooling2D(let poolSize, let strides, let padding):
            try checkWindow(layer, shape, poolSize, strides, padding)
            return .layer(
                AveragePooling2D(
                    name: layer.name, inputShape: shape, poolSize: poolSize, strides: strides, padding: padding))
        case .globalAveragePooling2D(let keepDimensions):
            return .layer(
                GlobalPooling2D(
                    name: layer.name, inputShape: shape, statistic: .mean, keepsDimensions: keepDimensions))
        case .globalMaxPooling2D(let keepDimensions):
            return .layer(
                GlobalPooling2D(
                    name: layer.name, inputShape: shape, statistic: .maximum, keepsDimensions: keepDimensions))
        default: preconditionFailure("\(layer.kind.kerasName) is not a map layer")
        }
    }

    /// Layers with several inputs.
    private func merging(_ layer: LayerDescription, _ shapes: [Shape]) throws -> Network.Operation {
        guard shapes.count >= 2 else {
            throw fault(layer, "it has \(shapes.count) inputs", remedy: "feed it at least two layers")
        }
        guard Set(layer.inputs).count == layer.inputs.count else {
            throw fault(layer, "one layer feeds it twice", remedy: "feed it each layer once")
        }
        let list = shapes.map(\.description).joined(separator: ", ")
        if case .add = layer.kind {
            guard shapes.allSatisfy({ $0 == shapes[0] }) else {
                throw fault(layer, "its inputs have the shapes \(list)", remedy: "add outputs of one shape")
            }
            return .layer(Add(name: layer.name, inputShape: shapes[0]))
        }
        guard shapes.allSatisfy({ $0.extents.dropLast() == shapes[0].extents.dropLast() }) else {
            throw fault(
                layer, "its inputs have the shapes \(list)",
                remedy: "join outputs that agree in all extents but the last")
        }
        // A few layers that each join their inputs with themselves would double the channels without end.
        try checkSizes(layer, [[shapes.reduce(0) { $0 + $1.channels }, shapes[0].rows]])
        return .layer(Concatenate(name: layer.name, inputShapes: shapes))
    }

    /// The same values under another shape: without a copy, unless other layers use them too.
    private func reshaping(_ layer: LayerDescription, from input: Int, to shape: Shape) -> Network.Operation {
        users[layer.inputs[0]] == 1 && input > 0 ? .view : .layer(Copy(name: layer.name, outputShape: shape))
    }

    // MARK: Activations

    /// An activation layer: ReLU joins the layer before it where that can apply it on its way.
    private mutating func activation(_ layer: LayerDescription, _ input: Int) -> Network.Operation {
        guard case .activation(let function) = layer.kind else { preconditionFailure("no activation") }
        let shape = nodes[input].outputShape
        if endsNetwork(layer, function) || function == .linear { return reshaping(layer, from: input, to: shape) }
        if function == .relu, users[layer.inputs[0]] == 1, let rectified = nodes[input].rectified {
            nodes[input] = rectified
            return .view
        }
        return .layer(ActivationLayer(name: layer.name, inputShape: shape, function: function))
    }

    /// The last layer's softmax or sigmoid belongs to the loss.
    private func endsNetwork(_ layer: LayerDescription, _ function: ActivationFunction) -> Bool {
        layer.name == last && (function == .softmax || function == .sigmoid)
    }

    /// Puts a layer's own activation behind it, unless the layer applies it itself.
    private mutating func applyActivation(of layer: LayerDescription) throws {
        guard let function = layer.kind.activation else { return }
        if endsNetwork(layer, function) { return try noteOutput(layer, function) }
        if case .activation = layer.kind { return }
        guard function != .linear, function != .relu else { return }
        let number = nodes.count - 1
        let operation = Network.Operation.layer(
            ActivationLayer(name: layer.name, inputShape: nodes[number].outputShape, function: function))
        place(
            LayerDescription(name: layer.name, kind: .activation(function), inputs: layer.inputs), operation, [number],
            isInternal: true)
    }

    private mutating func noteOutput(_ layer: LayerDescription, _ function: ActivationFunction) throws {
        let shape = nodes[nodes.count - 1].outputShape
        let outputs = function == .softmax ? 2 : 1
        guard shape.extents == [outputs] else {
            throw fault(
                layer, "\(function == .softmax ? "softmax" : "sigmoid") over outputs of shape \(shape)",
                remedy: "use \(outputs) unit\(outputs == 1 ? "" : "s") behind a Flatten layer")
        }
        loss = function == .softmax ? .softmaxCrossEntropy : .sigmoidCrossEntropy
    }

    // MARK: Checks

    /// Refuses sizes that no memory holds, before a product of them overflows.
    private func checkSizes(_ layer: LayerDescription, _ products: [[Int]]) throws {
        for factors in products {
            var product = 1
            for factor in factors {
                let (next, overflow) = product.multipliedReportingOverflow(by: max(factor, 1))
                guard !overflow, next <= 1 << 33 else {
                    throw fault(layer, "it is larger than any memory", remedy: "use fewer or smaller filters or units")
                }
                product = next
            }
        }
    }

    /// Slopes must be numbers that a file can hold.
    private func checkActivation(of layer: LayerDescription) throws {
        switch layer.kind.activation {
        case .leakyReLU(let factor), .elu(let factor):
            guard factor.isFinite else {
                throw fault(layer, "its activation has the factor \(factor)", remedy: "use a finite number")
            }
        default: return
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
        try checkSizes(
            layer, [[window.height, 1 << 12], [window.width, 1 << 12], [strides.height, 1], [strides.width, 1]])
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

    private mutating func place(
        _ layer: LayerDescription, _ operation: Network.Operation, _ inputs: [Int], isInternal: Bool = false
    ) {
        // What needs the whole batch's sums opens the next segment.
        var segment = inputs.map { nodes[$0].segment }.max() ?? 0
        if case .synchronized = operation { segment += 1 }
        let node = Network.Node(
            name: layer.name, kind: layer.kind, operation: operation, inputs: inputs,
            outputShape: outputShape(layer, operation, inputs), parameterOffset: trainableCount,
            stateOffset: stateCount,
            preparedOffset: preparedCount, segment: segment, isInternal: isInternal)
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
        case (.view, .flatten): [nodes[inputs[0]].outputShape.count]
        case (.view, _): nodes[inputs[0]].outputShape
        case (.layer(let layer), _): layer.outputShape
        case (.synchronized(let layer), _): layer.outputShape
        case (.input, _): preconditionFailure("only an input layer makes an input")
        }
    }
}

extension LayerKind {
    /// The function that the layer applies to its sums or inputs, if it is of a kind that has one.
    fileprivate var activation: ActivationFunction? {
        switch self {
        case .dense(_, let activation, _), .convolution2D(_, _, _, _, let activation, _), .activation(let activation):
            activation
        default: nil
        }
    }
}
