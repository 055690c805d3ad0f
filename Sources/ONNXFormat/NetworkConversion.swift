import LayerCatalog
import Models
import Preparation
import Tensors

/// Turns the layers of a network into ONNX nodes, one after another; what each becomes, its kind says.
struct NetworkConversion {
    private var graph: GraphBuilder
    private let output: String
    private let weights: Weights
    private let parameters: [String: Network.Parameter]
    private let shapes: [String: Shape]
    /// The graph's inputs, by the names of the layers that take them.
    private let inputs: [String: ONNXInput]
    /// What their layers take in place of the inputs, where those are normalised first.
    private var normalized: [String: String] = [:]
    /// What the layers so far give, by their names.
    private var values: [String: ONNXValue] = [:]
    private var last: ONNXValue?

    /// - Parameters:
    ///   - inputs: the graph's inputs.
    ///   - output: the name of the graph's output.
    init(_ model: TrainedModel, inputs: [ONNXInput], output: String) {
        self.output = output
        graph = GraphBuilder(reserved: Set(inputs.map(\.name) + [output]))
        self.inputs = Dictionary(uniqueKeysWithValues: inputs.map { ($0.layer, $0) })
        weights = model.weights
        parameters = Dictionary(uniqueKeysWithValues: model.network.parameters.map { ($0.name, $0) })
        // An activation that runs as a node of its own has its layer's name and shape.
        shapes = Dictionary(model.network.nodes.map { ($0.name, $0.outputShape) }) { first, _ in first }
    }

    /// Adds the normalisation of the stamps, before any layer.
    mutating func normalize(by expression: PixelExpression, over scope: NormalizationScope) {
        for input in inputs.values where input.isOfStamps {
            (graph, normalized[input.layer]) = PixelNodes.normalized(input, by: expression, over: scope, in: graph)
        }
    }

    /// Adds the next layer of the network.
    ///
    /// - Throws: the fault of a layer that ONNX has no operators for.
    mutating func append(_ layer: LayerDescription) throws {
        guard let shape = shapes[layer.name] else { preconditionFailure("the network has no \(layer.name)") }
        let input = self.inputs[layer.name].map {
            ONNXValue(name: normalized[layer.name] ?? $0.name, shape: $0.shape)
        }
        if let input, self.inputs[layer.name]?.isChannelsFirst == true {
            (values[layer.name], last) = (input, input)
            return
        }
        let inputs = input.map { [$0] } ?? layer.inputs.map { value(of: $0) }
        let conversion = ONNXLayer(name: layer.name, inputs: inputs, outputShape: shape) { [parameters, weights] name in
            parameters["\(layer.parameterOwner)/\(name)"].map { weights.values($0) }
        }
        let given = try layer.kind.options.onnxValue(of: conversion, in: &graph)
        (values[layer.name], last) = (given, given)
    }

    /// The graph, with the last layer's value as its output.
    mutating func finish() -> ONNXGraphProto {
        guard let last else { preconditionFailure("the network has no layers") }
        graph.rename(graph.inKerasOrder(last, in: output).name, to: output)
        return graph.graph
    }

    private func value(of layer: String) -> ONNXValue {
        guard let value = values[layer] else { preconditionFailure("\(layer) comes after its user") }
        return value
    }
}
