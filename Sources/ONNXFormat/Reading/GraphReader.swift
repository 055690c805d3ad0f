import Faults
import LayerCatalog
import Layers
import Models
import Tensors

/// Makes layers of a graph's operators, one after another.
///
/// Whether maps of stamps have their channels first or last, a graph does not say; it is read both ways, and the one is
/// right under which less must be moved (``moves``).
struct GraphReader {
    let graph: CheckedGraph
    /// Whether the stamps' channels come before their rows.
    let isChannelsFirst: Bool
    private(set) var layers: [LayerDescription] = []
    /// Where layers stand, by their names.
    private var places: [String: Int] = [:]
    /// What gives the values of parameters, by their names, in Keras' layouts.
    private(set) var parameters: [String: @Sendable () throws -> [Float]] = [:]
    /// Layers that training changes, or that stand behind such.
    private var trained: Set<String> = []
    /// What the names of the graph stand for so far.
    private var values: [String: GraphValue]
    /// What the graph calls the outputs of layers: several names for one where operators leave it as it is.
    private var graphNames: [String: [String]] = [:]
    /// How many layers do nothing but move values.
    private(set) var moves = 0
    /// The layers that have a kernel, by their kinds and the constants that are their weights.
    private var owners: [SharedWeights: String] = [:]
    private var names = LayerNames()
    /// How many integers constants have, those that were computed too.
    private var integerCount: Int
    /// The orders that flattening gives the values of maps.
    private var orders: [LayerOutput.FlattenedMap: [Int]] = [:]
    /// How many places of features orders of other kinds tell.
    private var orderedFeatures = 0
    /// What the graph calls its inputs, by the names of the layers that take them.
    private(set) var inputNames: [String: String] = [:]

    private struct SharedWeights: Hashable {
        let kind: LayerKind
        /// Their names, and how they have been moved since.
        let constants: [[String]]
    }

    init(_ graph: CheckedGraph, isChannelsFirst: Bool) {
        (self.graph, self.isChannelsFirst) = (graph, isChannelsFirst)
        values = graph.constants.mapValues { .constant($0) }
        integerCount = graph.integerCount
    }

    // MARK: The graph

    /// Reads all of the graph and gives what its output is.
    mutating func read() throws -> LayerOutput {
        for input in graph.inputs where graph.uses[input.name] != nil { try append(input) }
        for step in GraphPlan(graph).steps {
            let node = graph.nodes[step.node]
            guard let name = node.proto.output.first, !name.isEmpty else {
                throw node.unsupported("another of its outputs than the first is used")
            }
            if let group = step.group {
                set(name, .output(try group.pattern.read(&self, node, group.match)))
            } else if graph.constants[name] == nil {
                set(name, try value(of: node))
            }
        }
        guard case .output(let output) = values[graph.output] else {
            throw Fault(
                .badData, graph.path, "gives the same for every stamp", remedy: "export a network that looks at stamps")
        }
        let vector = try asVector(output)
        dropIdle(vector.layer)
        return vector
    }

    private mutating func set(_ name: String, _ value: GraphValue) {
        values[name] = value
        if case .output(let output) = value { graphNames[output.layer, default: []].append(name) }
    }

    /// Leaves out what the output does not need: layers of which a graph has wanted the shape alone.
    private mutating func dropIdle(_ last: String) {
        var needed: Set<String> = [last]
        for layer in layers.reversed() where needed.contains(layer.name) { needed.formUnion(layer.inputs) }
        layers.removeAll { !needed.contains($0.name) }
        // Weights of a layer that is left out go to the first of those that share them.
        var heirs: [String: String] = [:]
        for index in layers.indices {
            guard let owner = layers[index].sharedWith, !needed.contains(owner) else { continue }
            if let heir = heirs[owner] {
                layers[index].sharedWith = heir
            } else {
                let heir = layers[index].name
                (heirs[owner], layers[index].sharedWith) = (heir, nil)
                for (name, values) in parameters where name.hasPrefix("\(owner)/") {
                    parameters["\(heir)\(name.dropFirst(owner.count))"] = values
                }
            }
        }
    }

    private mutating func append(_ input: GraphInput) throws {
        let isMap = input.extents.count == 3
        let shape = Shape(isMap && isChannelsFirst ? Array(input.extents[1...]) + [input.extents[0]] : input.extents)
        let output = try add(.input(shape: shape), names.name(of: input), [])
        inputNames[output.layer] = input.name
        let axes = isMap && isChannelsFirst ? AxisOrder.channelsFirst(3) : nil
        set(input.name, .output(LayerOutput(output.layer, shape, axes: axes)))
    }

    private mutating func value(of node: GraphNode) throws -> GraphValue {
        if let constant = try constantValue(of: node) {
            integerCount += constant.integers?.count ?? 0
            guard integerCount <= CheckedGraph.mostIntegers else {
                throw node.unsupported("it computes more than \(CheckedGraph.mostIntegers) integers with those before")
            }
            return .constant(constant)
        }
        if let function = Self.activations[node.type] {
            return .output(try activation(function(node), output(node), node))
        }
        guard let read = Self.operators[node.type] else {
            throw Fault(
                .badData, graph.path, "has the operator \(node.type) (node \(node.proto.name)), which is not supported",
                remedy: "export a network of the operators that the documentation of networks lists")
        }
        return .output(try read(&self, node))
    }

    // MARK: Operands

    /// What a name stands for.
    func value(_ name: String) -> GraphValue? { values[name] }

    /// The layer's output of this name.
    func layerOutput(_ name: String, of node: GraphNode) throws -> LayerOutput {
        guard case .output(let output) = values[name] else {
            throw node.unsupported("its operand \(name) is a constant")
        }
        return output
    }

    /// An operand that comes from a layer.
    func output(_ node: GraphNode, _ index: Int = 0) throws -> LayerOutput {
        guard let name = node.input(index) else { throw node.unsupported("its operand \(index + 1) is missing") }
        return try layerOutput(name, of: node)
    }

    /// An operand that is a constant; nil for one that is left out.
    func constant(_ node: GraphNode, _ index: Int) throws -> ONNXConstant? {
        guard let name = node.input(index) else { return nil }
        guard case .constant(let constant) = values[name] else {
            throw node.unsupported("its operand \(name) is no constant")
        }
        return constant
    }

    func requiredConstant(_ node: GraphNode, _ index: Int) throws -> ONNXConstant {
        guard let constant = try constant(node, index) else {
            throw node.unsupported("its operand \(index + 1) is missing")
        }
        return constant
    }

    /// Integers that are an attribute in old graphs and an operand in newer ones; nil when there are none.
    func integers(_ node: GraphNode, _ name: String, operand: Int) throws -> [Int]? {
        if let values = try node.integers(name) { return values }
        guard let constant = try constant(node, operand) else { return nil }
        guard let values = constant.integers?.compactMap({ $0 }), values.count == constant.count else {
            throw node.unsupported("its \(name) are no known integers")
        }
        return values
    }

    /// A number that is an attribute in old graphs and an operand in newer ones; nil when there is none.
    func number(_ node: GraphNode, _ name: String, operand: Int) throws -> Float? {
        if node.has(name) { return try node.float(name, default: 0) }
        guard let constant = try constant(node, operand) else { return nil }
        guard constant.count == 1, let number = try constant.floats().first else {
            throw node.unsupported("its \(name) is no number")
        }
        return number
    }

    /// Whether one node alone uses a layer's output, under whichever of its names.
    func isUsedOnce(_ output: LayerOutput) -> Bool {
        graphNames[output.layer]?.allSatisfy { graph.uses[$0] == 1 } ?? false
    }

    /// Whether training changes the layer, or one that feeds it.
    func isTrained(_ output: LayerOutput) -> Bool { trained.contains(output.layer) }

    /// The kind of the layer that gives a value.
    func kind(_ output: LayerOutput) -> LayerKind? { places[output.layer].map { layers[$0].kind } }

    // MARK: Layers

    /// Adds a layer called after a node, or after the constants that are its weights.
    ///
    /// - Parameters:
    ///   - parameters: what gives their values, in Keras' layouts.
    ///   - kernel: the constants that are the weights of a layer that others may share them with.
    mutating func add(
        _ kind: LayerKind, _ node: GraphNode, _ inputs: [LayerOutput],
        _ parameters: [String: ONNXConstant] = [:], sharing kernel: [ONNXConstant] = []
    ) throws -> LayerOutput {
        let weight = parameters.values.map(\.name).filter { !$0.isEmpty }.min()
        return try add(kind, names.name(of: node, weight: weight), inputs, parameters, sharing: kernel)
    }

    private mutating func add(
        _ kind: LayerKind, _ name: String, _ inputs: [LayerOutput], _ parameters: [String: ONNXConstant] = [:],
        sharing kernel: [ONNXConstant] = []
    ) throws -> LayerOutput {
        let place = LayerPlace(
            layer: name, network: graph.path, inputs: inputs.map(\.layer), inputShapes: inputs.map(\.shape),
            number: layers.count)
        let shape: Shape =
            switch try kind.options.operation(at: place) {
            case .input(let shape), .reshape(let shape): shape
            case .activation: inputs[0].shape
            case .layer(let layer, _): layer.outputShape
            }
        var owner: String?
        let constants = kernel.map { [$0.name, $0.layout] }
        if !constants.isEmpty, kernel.allSatisfy({ !$0.name.isEmpty }) {
            owner = owners[SharedWeights(kind: kind, constants: constants)]
            if owner == nil { owners[SharedWeights(kind: kind, constants: constants)] = name }
        }
        if owner == nil {
            for (parameter, values) in parameters { self.parameters["\(name)/\(parameter)"] = { try values.floats() } }
        }
        places[name] = layers.count
        layers.append(LayerDescription(name: name, kind: kind, inputs: inputs.map(\.layer), sharedWith: owner))
        if !parameters.isEmpty || inputs.contains(where: isTrained) { trained.insert(name) }
        return LayerOutput(name, shape)
    }

    /// Adds a layer that works value by value, whose output the graph looks at as at its input.
    mutating func addElementwise(
        _ kind: LayerKind, _ node: GraphNode, _ input: LayerOutput, _ parameters: [String: ONNXConstant] = [:]
    ) throws -> LayerOutput {
        let output = try add(kind, node, [input], parameters)
        return input.with(output.layer, output.shape)
    }

    mutating func activation(
        _ function: ActivationFunction, _ input: LayerOutput, _ node: GraphNode
    ) throws -> LayerOutput {
        try addElementwise(.activation(function), node, input)
    }

    /// Gives a layer that has been added other options, and more parameters.
    mutating func change(_ layer: String, to kind: LayerKind, adding parameters: [String: ONNXConstant] = [:]) {
        guard let index = places[layer] else { preconditionFailure("no \(layer)") }
        layers[index].kind = kind
        for (parameter, values) in parameters { self.parameters["\(layer)/\(parameter)"] = { try values.floats() } }
        trained.insert(layer)
    }

    // MARK: Moving

    /// The order in which a map's values are flattened, which stands once for all maps of the kind.
    mutating func order(of map: LayerOutput.FlattenedMap) -> [Int] {
        if let order = orders[map] { return order }
        let order = AxisOrder.offsets(map.shape.extents, map.axes)
        orders[map] = order
        return order
    }

    /// Counts the features of an order that stands for one value alone.
    ///
    /// - Throws: a fault when there have been too many.
    mutating func countOrder(of features: Int, _ node: GraphNode) throws {
        orderedFeatures += features
        guard orderedFeatures <= Self.mostOrders else {
            throw node.unsupported("it puts features in another order, of which there are too many with those before")
        }
    }

    private static let mostOrders = 1 << 24

    /// A map whose axes the layer has as the graph's axes `axes`, with a layer that moves them if it must be.
    mutating func arranged(_ input: LayerOutput, as axes: [Int], _ node: GraphNode) throws -> LayerOutput {
        guard input.axes != axes else { return input }
        var dimensions = axes
        for (place, axis) in axes.enumerated() { dimensions[axis] = input.axes[place] + 1 }
        moves += 1
        let output = try add(.permute(dimensions), names.move(node), [input])
        return LayerOutput(output.layer, output.shape, axes: axes)
    }

    /// A map (height, width, channels), which has its channels first in the graph.
    mutating func map(_ node: GraphNode, _ index: Int = 0) throws -> LayerOutput {
        let input = try output(node, index)
        guard input.axes.count == 3 else {
            throw node.unsupported("its operand has \(input.axes.count + 1) axes instead of 4")
        }
        return try arranged(input, as: AxisOrder.channelsFirst(3), node)
    }

    /// Values that stand in the layer's memory as in the graph's.
    mutating func inGraphOrder(_ input: LayerOutput, _ node: GraphNode) throws -> LayerOutput {
        if input.order != nil {
            guard let map = input.flattened else {
                throw node.unsupported("it needs features in an order that no layer gives")
            }
            moves += 1
            let unflattened = try add(.reshape(map.shape.extents), names.move(node), [input])
            let moved = try add(.permute(map.axes.map { $0 + 1 }), names.move(node), [unflattened])
            return try add(.flatten, names.move(node), [moved])
        }
        guard !input.isInGraphOrder else { return input }
        return try arranged(input, as: Array(input.axes.indices), node)
    }

    /// The output of the network: a vector with its features as in the graph.
    private mutating func asVector(_ output: LayerOutput) throws -> LayerOutput {
        guard let index = graph.givers[graph.output]?.node else { return output }
        let ordered = try inGraphOrder(output, graph.nodes[index])
        guard ordered.shape.extents.count > 1 else { return ordered }
        // Of extents 1 but for one: anything else is no output of a classifier, which the network says.
        return try add(.flatten, names.move(graph.nodes[index]), [ordered])
    }
}

extension LayerOutput {
    /// Another layer's output, which the graph looks at as at this one.
    func with(_ layer: String, _ shape: Shape) -> LayerOutput {
        var output = LayerOutput(layer, shape, axes: axes)
        (output.order, output.flattened) = (order, flattened)
        return output
    }
}
