import Faults
import LayerCatalog
import Layers
import Tensors
import Testing

/// Kinds as ONNX operators: each has some, or says why not.
@Suite struct ONNXLayerTests {
    private func layer(_ example: Example) throws -> ONNXLayer {
        var parameters: [String: [Float]] = [:]
        if case .layer(let computing, _) = try example.kind.options.operation(at: example.place) {
            for parameter in computing.parameters {
                parameters[parameter.name] = (0..<parameter.shape.count).map(Float.init)
            }
        }
        let inputs = (example.inputs.isEmpty ? [example.output] : example.inputs).enumerated().map {
            ONNXValue(name: "input\($0)", shape: $1)
        }
        return ONNXLayer(name: "layer", inputs: inputs, outputShape: example.output) { [parameters] in parameters[$0] }
    }

    @Test(arguments: Example.all) func aKindHasOperatorsOrSaysWhyNot(example: Example) throws {
        let layer = try layer(example)
        var graph = RecordedGraph(inputs: layer.inputs.map(\.name))
        let value: ONNXValue
        do {
            value = try example.kind.options.onnxValue(of: layer, in: &graph)
        } catch let fault as Fault {
            #expect(fault.kind == .badData && fault.subject == "layer layer" && !fault.remedy.isEmpty)
            return
        }
        #expect(value.shape == example.output)
        #expect(graph.names.contains(value.name))
        for node in graph.operators { for input in node.inputs { #expect(graph.names.contains(input)) } }
        // Each parameter has gone somewhere.
        if case .layer(let computing, _) = try example.kind.options.operation(at: example.place) {
            // A variance goes as its root, and a count nowhere.
            for name in computing.parameters.map(\.name) where !["variance", "count"].contains(name) {
                #expect(graph.constants["layer/\(name)"] != nil)
            }
        }
    }

    @Test func aFlattenedMapKeepsTheOrderOfItsValuesInMind() throws {
        let example = try #require(Example.all.first { $0.kind == .flatten })
        var graph = RecordedGraph(inputs: ["input0"])
        let flat = try example.kind.options.onnxValue(of: layer(example), in: &graph)
        #expect(flat.order?.prefix(3) == [0, 4, 8])
        // A layer of single values leaves it as it is, and what wants Keras' order moves it.
        let dropped = ONNXLayer(name: "drop", inputs: [flat], outputShape: [24]) { _ in nil }
        let same = try LayerKind.dropout(rate: 0.5).options.onnxValue(of: dropped, in: &graph)
        #expect(same.order == flat.order)
        let moved = graph.inKerasOrder(same, in: "end")
        #expect(moved.order == nil && graph.operators.last?.type == "Gather")
        #expect(graph.constants["end/order"]?.prefix(3) == [0, 6, 12])
    }

    @Test func sumsOfOneOrderStayAsTheyAre() throws {
        var graph = RecordedGraph(inputs: ["a", "b", "c"])
        let order = [1, 0]
        let values = [ONNXValue(name: "a", shape: [2], order: order), ONNXValue(name: "b", shape: [2], order: order)]
        #expect(graph.inOneOrder(values, in: "sum") == values)
        let mixed = graph.inOneOrder(values + [ONNXValue(name: "c", shape: [2])], in: "sum")
        #expect(mixed.map(\.order) == [nil, nil, nil])
        #expect(graph.operators.map(\.type) == ["Gather", "Gather"])
    }
}
