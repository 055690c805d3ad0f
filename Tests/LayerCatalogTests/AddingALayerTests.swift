import Faults
import Foundation
import LayerCatalog
import Layers
import Tensors
import Testing

/// The example of the page "Adding a layer" is code that compiles and does what the page says.
@Suite struct AddingALayerTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()

    /// The page's Swift blocks, without the imports.
    @Test func thePageShowsTheCodeThatIsTestedHere() throws {
        let page = try String(
            contentsOf: Self.tests.appending(
                path: "../../Sources/TrainerCommand/Documentation.docc/AddingALayer.md"), encoding: .utf8)
        let code = try String(contentsOf: Self.tests.appending(path: "Support/Dot.swift"), encoding: .utf8)
        let blocks = page.components(separatedBy: "```swift\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(blocks.count >= 2)
        for block in blocks {
            let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
                .drop { $0.hasPrefix("import ") || $0.isEmpty }
            #expect(code.contains(lines.joined(separator: "\n")), "\(block)")
        }
        // Nothing is left out.
        let shown = blocks.joined(), wanted = ["struct Dot:", "struct DotOptions:", "func onnxValue", "var dot:"]
        for words in wanted { #expect(shown.contains(words)) }
    }

    @Test func outputsAndGradientsAreThoseOfTheFormula() throws {
        let place = LayerPlace(
            layer: "similar", network: "mine", inputs: ["a", "b"], inputShapes: [[2], [2]], number: 2)
        guard case .layer(let layer, .linear) = try LayerKind.dot.options.operation(at: place) else {
            Issue.record("it is no layer")
            return
        }
        let memory = FloatBuffer(count: 13)
        var pass = LayerPass(workspace: memory.view.slice(0))
        let (a, b): ([Float], [Float]) = ([1, 2, 3, 4], [5, 6, 7, -8])
        pass.samples = 2
        (pass.output, pass.outputGradient) = (memory.view.slice(2), memory.view.slice(2, at: 2))
        pass.inputGradients = [memory.view.slice(4, at: 4), memory.view.slice(4, at: 8)]
        (pass.outputGradient[0], pass.outputGradient[1], memory.view[12]) = (10, 100, 77)
        a.withUnsafeBufferPointer { first in
            b.withUnsafeBufferPointer { second in
                pass.inputs = [first, second].map { FloatView($0.baseAddress!, count: 4) }
                layer.forward(pass)
                layer.backward(pass)
            }
        }
        #expect(FloatView(memory.view).array == [17, -11, 10, 100, 50, 60, 700, -800, 10, 20, 300, 400, 77])
    }

    @Test(arguments: [[[4], [5]], [[2, 2, 1], [2, 2, 1]], [[4], [4], [4]]] as [[Shape]])
    func whatDoesNotFitIsRefused(shapes: [Shape]) throws {
        let place = LayerPlace(
            layer: "similar", network: "mine", inputs: shapes.indices.map { "input\($0)" }, inputShapes: shapes,
            number: 3)
        let fault = try #require(#expect(throws: Fault.self) { try LayerKind.dot.options.operation(at: place) })
        #expect(fault.problem.contains("its inputs have the shapes"))
    }

    @Test func valuesInTwoOrdersAreBroughtToOne() {
        let inputs = [ONNXValue(name: "a", shape: [2], order: [1, 0]), ONNXValue(name: "b", shape: [2])]
        var graph = RecordedGraph(inputs: ["a", "b"])
        let layer = ONNXLayer(name: "similar", inputs: inputs, outputShape: [1]) { _ in nil }
        let value = DotOptions().onnxValue(of: layer, in: &graph)
        #expect(graph.operators.map(\.type) == ["Gather", "Mul", "ReduceSum"])
        #expect(value.shape == [1] && value.order == nil && graph.constants["similar/axes"] == [1])
    }
}
