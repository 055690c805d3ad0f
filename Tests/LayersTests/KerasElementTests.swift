import LayerCatalog
import Layers
import NumericTestSupport
import Tensors
import Testing

/// Layers and operators that work element by element or on shapes, read from Keras' own words, beside what Keras
/// computes for them (`Tests/ReferenceValues/make_keras_elements_reference.py`).
@Suite struct KerasElementTests {
    @Test func thereAreCases() { #expect(KerasElement.names.count >= 220) }

    @Test(arguments: KerasElement.names) func layersAreThoseOfKeras(name: String) throws {
        let element = try KerasElement(name)
        let operation = try element.kind.options.operation(at: element.place)
        let run = try element.run(element.layer(of: operation))
        #expect(try element.agree(run.output, "output"))
        for input in element.inputs.indices {
            // What comes from each place where the input stands adds up.
            let parts = zip(element.calls, run.inputGradients).filter { $0.0 == input }.map { $0.1! }
            let gradient = parts.dropFirst().reduce(parts[0]) { zip($0, $1).map { $0 + $1 } }
            #expect(try element.agree(gradient, "input_gradient_\(input)"), "input \(input)")
        }
        var start = 0
        for parameter in element.layer(of: operation).parameters where parameter.isTrainable {
            let gradient = Array(run.parameterGradient[start..<start + parameter.shape.count])
            #expect(try element.agree(gradient, "gradient/\(parameter.name)"), "\(parameter.name)")
            start += parameter.shape.count
        }
        #expect(run.isIntact)
    }

    /// Nothing is computed for an input that needs no gradient, and what the others get does not change.
    @Test(arguments: KerasElement.names) func eachGradientStandsAlone(name: String) throws {
        let element = try KerasElement(name)
        let layer = element.layer(of: try element.kind.options.operation(at: element.place))
        let all = try element.run(layer)
        for input in element.calls.indices {
            let run = try element.run(layer, wanted: element.calls.indices.map { $0 != input })
            #expect(run.inputGradients[input] == nil && run.isIntact)
            #expect(run.parameterGradient == all.parameterGradient)
            for other in element.calls.indices where other != input {
                #expect(run.inputGradients[other] == all.inputGradients[other])
            }
        }
    }
}
