import Faults
import FoundationEssentials
import LayerCatalog
import Layers
import Testing

/// Kinds as Keras serialises them: written and read again, and the refusals that hold for all kinds.
@Suite struct KerasConfigurationTests {
    private static let place = KerasPlace(file: "model.json")

    private func object(
        _ className: String, _ config: [String: JSONValue], module: String = "keras.layers", arguments: [JSONValue] = []
    ) throws -> KerasObject {
        try KerasObject(
            [
                "module": .string(module), "class_name": .string(className), "config": .object(config),
                "registered_name": .null, "inbound_nodes": [["args": .array(arguments), "kwargs": [:]]],
            ], at: Self.place)
    }

    private func kind(
        _ className: String, _ config: [String: JSONValue], module: String = "keras.layers",
        arguments: [JSONValue] = []
    ) throws -> LayerKind {
        try LayerKind.read(
            keras: object(className, config, module: module, arguments: arguments),
            at: Self.place.layer("mine", className)
        ).kind
    }

    /// An example's kind, read from this configuration and its call.
    private func kind(_ example: Example, _ config: [String: JSONValue]) throws -> LayerKind {
        let tensors = example.inputs.map { _ -> JSONValue in ["class_name": "__keras_tensor__", "config": [:]] }
        let options = example.kind.options
        return try kind(
            options.kerasClass, config, module: example.kind.entry.kerasModule,
            arguments: options.kerasArguments(tensors))
    }

    @Test(arguments: Example.all) func whatIsWrittenIsReadAsTheSame(example: Example) throws {
        let options = example.kind.options
        #expect(options.kerasClass == example.kerasClass)
        #expect(example.kind.entry.kerasClasses.contains(options.kerasClass))
        let config = try options.kerasOptions(of: "mine").merging([
            "name": "mine", "dtype": "float32", "trainable": true,
        ]) { $1 }
        #expect(try kind(example, config) == example.kind)
    }

    /// An option that nobody asks for may change results, unless it is off.
    /// But for layers whose options mean nothing here.
    @Test(arguments: Example.all.filter { !($0.kind.options is RandomPreprocessingOptions) })
    func anUnknownOptionIsRefused(example: Example) throws {
        let options = example.kind.options
        for (value, isRefused): (JSONValue, Bool) in [(.null, false), (false, false), (true, true), (1, true)] {
            var config = try options.kerasOptions(of: "mine")
            config["later"] = value
            guard isRefused else {
                #expect(try kind(example, config) == example.kind)
                continue
            }
            let fault = try #require(#expect(throws: Fault.self) { try kind(example, config) })
            #expect(
                fault.problem
                    == "layer mine (\(options.kerasClass)) has later = \(value.summary), which is not supported")
        }
    }

    /// That they are is said by the description of the network.
    @Test(arguments: Example.all) func anyLayerMayBeFrozen(example: Example) throws {
        var config = try example.kind.options.kerasOptions(of: "mine")
        config["trainable"] = false
        #expect(try kind(example, config) == example.kind)
    }

    @Test func anUnknownClassIsRefusedWithTheKnownOnes() throws {
        let fault = try #require(#expect(throws: Fault.self) { try kind("LSTM", [:]) })
        #expect(fault.problem == "layer mine (LSTM) is not supported")
        #expect(fault.remedy == "supported: \(LayerCatalog.kerasClasses)")
    }

    @Test func codeIsRefused() throws {
        let lambda = try #require(#expect(throws: Fault.self) { try kind("Lambda", [:]) })
        #expect(lambda.problem.contains("Python code, which is never run"))
        let custom = try #require(#expect(throws: Fault.self) { try kind("Dense", [:], module: "mine") })
        #expect(custom.problem.contains("custom object (mine)"))
    }

    @Test func whatIsNoLayerIsRefused() throws {
        let operation = try #require(#expect(throws: Fault.self) { try kind("Add", [:], module: "keras.src.ops") })
        #expect(operation.problem.contains("is keras.src.ops.Add, which is no layer"))
        let operators = "keras.src.ops.numpy"
        let unknown = try #require(#expect(throws: Fault.self) { try kind("Einsum", [:], module: operators) })
        #expect(unknown.problem.contains("is the operator keras.src.ops.numpy.Einsum, which is not supported"))
        let model = try #require(#expect(throws: Fault.self) { try kind("Sequential", [:], module: "keras") })
        #expect(model.problem.contains("is a model inside the model"))
    }

    @Test func activationLayersAreOneKind() throws {
        #expect(try kind("ReLU", ["negative_slope": 0, "threshold": 0]) == .activation(.relu))
        #expect(try kind("LeakyReLU", ["negative_slope": .number(0.25)]) == .activation(.leakyReLU(slope: 0.25)))
        #expect(try kind("ELU", ["alpha": 2]) == .activation(.elu(alpha: 2)))
        // Keras 3.1 to 3.11 do not write α.
        #expect(try kind("ELU", [:]) == .activation(.elu(alpha: 1)))
        #expect(
            try kind("ReLU", ["max_value": 6, "negative_slope": 0, "threshold": 0]) == .activation(.relu6))
        #expect(
            try kind("ReLU", ["max_value": .null, "negative_slope": .number(0.5)])
                == .activation(.leakyReLU(slope: 0.5)))
        #expect(try kind("Activation", ["activation": "swish"]) == .activation(.silu))
        #expect(try kind("Dense", ["units": 2, "activation": "hard_swish"]) == .dense(units: 2, activation: .hardSilu))
        #expect(try kind("Softmax", ["axis": -1]) == .activation(.softmax))
        #expect(try kind("Softmax", ["axis": [1, 2]]) == .softmax(axes: [1, 2]))
        #expect(throws: Fault.self) { try kind("Softmax", ["axis": "all"]) }
    }

    /// All functions, as a layer's own and as a layer of their own; what Keras has no name for is an operator, or refused.
    @Test(
        arguments: [
            .linear, .relu, .relu6, .leakyReLU(slope: 0.2), .leakyReLU(slope: 0.5), .elu(alpha: 1), .elu(alpha: 0.5),
            .selu,
            .celu(alpha: 1), .gelu(approximate: false), .silu, .hardSilu, .mish, .sigmoid, .hardSigmoid, .sparseSigmoid,
            .logSigmoid, .softmax, .logSoftmax, .tanh, .hardTanh, .softplus, .sparsePlus, .squareplus(b: 4), .softsign,
            .exponential, .tanhShrink, .softShrink(threshold: 0.5), .hardShrink(threshold: 0.5),
            .rectifier(maximum: 2, slope: 0.25, threshold: 1), .rectifier(threshold: 1),
        ] as [ActivationFunction]) func functionsAreWrittenAndReadAsTheSame(function: ActivationFunction) throws
    {
        let own = LayerKind.activation(function), dense = LayerKind.dense(units: 2, activation: function)
        #expect(try kind(own.options.kerasClass, own.options.kerasOptions(of: "mine")) == own)
        #expect(try kind("Dense", dense.options.kerasOptions(of: "mine")) == dense)
        let json = try JSONEncoder().encode(dense)
        #expect(try JSONDecoder().decode(LayerKind.self, from: json) == dense)
    }

    @Test(
        arguments: [.gelu(approximate: true), .celu(alpha: 2), .softShrink(threshold: 1), .squareplus(b: 1)]
            as [ActivationFunction])
    func whatKerasHasNoNameForIsWrittenAsAnOperator(function: ActivationFunction) throws {
        let own = LayerKind.activation(function).options, tensor: JSONValue = ["class_name": "__keras_tensor__"]
        #expect(own.writtenKerasModule == "keras.src.ops.nn")
        let read = try kind(
            own.kerasClass, own.kerasOptions(of: "mine"), module: own.writtenKerasModule, arguments: [tensor])
        #expect(read == .activation(function))
        let dense = LayerKind.dense(units: 2, activation: function)
        let fault = try #require(#expect(throws: Fault.self) { try dense.options.kerasOptions(of: "mine") })
        #expect(fault.problem.hasPrefix("Keras files have no name for "))
    }

    /// Functions of `keras.ops` that are a layer here, or have the same results as one.
    @Test func functionsOfOneTensorAreRead() throws {
        let tensor: JSONValue = ["class_name": "__keras_tensor__", "config": [:]]
        func read(_ name: String, _ options: [String: JSONValue] = [:]) throws -> LayerKind {
            try kind(name, options, module: "keras.src.ops.numpy", arguments: [tensor])
        }
        #expect(
            try read("Mean", ["axis": [1, 2], "keepdims": true])
                == .reduction(.mean, axes: [1, 2], keepDimensions: true))
        #expect(try read("Max", ["axis": [2, 1]]) == .reduction(.maximum, axes: [2, 1]))
        #expect(try read("Amin", ["axis": -1]) == .reduction(.minimum, axes: [-1]))
        #expect(try read("Sum", ["axis": 1, "keepdims": true]) == .reduction(.sum, axes: [1], keepDimensions: true))
        #expect(try read("Transpose", ["axes": [0, 2, 1, 3]]) == .permute([2, 1, 3]))
        #expect(try read("Sqrt") == .arithmetic(.power, 0.5))
        #expect(try read("Softmax", ["axis": 1]) == .softmax(axes: [1]))
        let refused: [(String, [String: JSONValue])] = [
            ("Mean", [:]), ("Sum", ["axis": [0, 1]]), ("Max", ["axis": 1, "initial": 3]), ("Clip", ["x_min": 0]),
            ("Transpose", [:]), ("Transpose", ["axes": [1, 0]]), ("LogSoftmax", ["axis": 1]), ("Glu", ["axis": -1]),
        ]
        for (name, options) in refused {
            let fault = try #require(#expect(throws: Fault.self) { try read(name, options) }, "\(name)")
            #expect(fault.kind == .badData && fault.description.contains(name))
        }
    }

    /// Operands are tensors or numbers, in any order and by name; arrays of one number are numbers too.
    @Test func operatorsHaveTheirNumbersInTheCall() throws {
        let tensor: JSONValue = ["class_name": "__keras_tensor__", "config": [:]]
        func read(_ name: String, _ arguments: [JSONValue]) throws -> LayerKind {
            try kind(name, [:], module: "keras.src.ops.numpy", arguments: arguments)
        }
        #expect(try read("Add", [tensor, tensor]) == .add)
        #expect(try read("TrueDivide", [tensor, tensor]) == .divide)
        #expect(try read("Subtract", [1, tensor]) == .arithmetic(.subtract, 1, isNumberFirst: true))
        #expect(try read("TrueDivide", [tensor, .number(2.5)]) == .arithmetic(.divide, 2.5))
        #expect(try read("Negative", [tensor]) == .arithmetic(.multiply, -1))
        let array: JSONValue = ["class_name": "__numpy__", "config": ["value": [[3]], "dtype": "float32"]]
        #expect(try read("Multiply", [tensor, array]) == .arithmetic(.multiply, 3))
        let long: JSONValue = ["class_name": "__numpy__", "config": ["value": [1, 2], "dtype": "float32"]]
        for arguments in [[tensor, long], [tensor, "x"], [tensor, .number(1e300)], [tensor]] {
            let fault = try #require(#expect(throws: Fault.self) { try read("Multiply", arguments) })
            #expect(fault.problem.contains("layer mine (Multiply) is called with"))
        }
    }
}
