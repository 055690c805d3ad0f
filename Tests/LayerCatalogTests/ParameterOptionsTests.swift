import Faults
import FoundationEssentials
import LayerCatalog
import Layers
import Tensors
import Testing

/// Initialisers and regularisers as Keras 1 to 3 write them.
@Suite struct ParameterOptionsTests {
    private func object(_ name: String, _ config: [String: JSONValue] = [:], module: String = "keras.x") -> JSONValue {
        ["module": .string(module), "class_name": .string(name), "config": .object(config), "registered_name": .null]
    }

    // MARK: Regularisers

    @Test func regularisersOfEveryKerasAreRead() {
        let half: JSONValue = .number(0.5)
        let cases: [(JSONValue, Regularizer?)] = [
            (.null, nil), (object("L1", ["l1": half]), .norms(l1: 0.5, l2: 0)),
            (object("L2", ["l2": half]), .norms(l1: 0, l2: 0.5)),
            (object("L1L2", ["l1": half, "l2": 1]), .norms(l1: 0.5, l2: 1)),
            (object("L1L2", ["l1": 0, "l2": 0]), nil), (object("L1"), .norms(l1: 0.01, l2: 0)),
            (object("L2"), .norms(l1: 0, l2: 0.01)), (object("L1L2"), nil), ("l1", .norms(l1: 0.01, l2: 0)),
            ("l2", .norms(l1: 0, l2: 0.01)), ("l1_l2", .norms(l1: 0.01, l2: 0.01)), ("L2", .norms(l1: 0, l2: 0.01)),
            (["class_name": "L1L2", "config": ["l1": 0, "l2": half]], .norms(l1: 0, l2: 0.5)),
            (["name": "WeightRegularizer", "l1": 0, "l2": half], .norms(l1: 0, l2: 0.5)),
        ]
        for (value, expected) in cases { #expect(Regularizer(keras: value) == expected, "\(value)") }
        for value in [
            object("OrthogonalRegularizer", ["factor": half]), object("L2", ["l2": half], module: "mine"),
            object("L2", ["l2": -1]), object("L2", ["l2": "x"]), "l3", 3, [],
        ] {
            #expect(Regularizer(keras: value) == .other(value))
            #expect(Regularizer(keras: value)?.penalty == nil)
        }
    }

    @Test func regularisersAreWrittenAsKeras3Does() {
        for (l1, l2, name) in [(0.25, 0, "L1"), (0, 0.1, "L2"), (0.25, 0.1, "L1L2")] as [(Float, Float, String)] {
            let regularizer = Regularizer.norms(l1: l1, l2: l2)
            #expect(regularizer.kerasValue.object?["class_name"]?.string == name)
            #expect(Regularizer(keras: regularizer.kerasValue) == regularizer)
        }
    }

    // MARK: Initialisers

    @Test func initialisersOfEveryKerasAreRead() {
        func scaling(
            _ scale: Float, _ fan: VarianceScaling.Fan, _ distribution: VarianceScaling.Distribution
        ) -> ParameterInitializer {
            .varianceScaling(VarianceScaling(scale: scale, fan: fan, distribution: distribution))
        }
        let cases: [(JSONValue, ParameterInitializer?)] = [
            (.null, nil), (object("Zeros"), .constant(0)), ("ones", .constant(1)), ("zero", .constant(0)),
            (object("Constant", ["value": 3]), .constant(3)), ("glorot_uniform", .varianceScaling(.glorotUniform)),
            (object("GlorotNormal", ["seed": 3]), scaling(1, .average, .truncatedNormal)),
            (object("HeNormal"), scaling(2, .fanIn, .truncatedNormal)), ("he_uniform", scaling(2, .fanIn, .uniform)),
            ("lecun_normal", scaling(1, .fanIn, .truncatedNormal)), ("LecunUniform", scaling(1, .fanIn, .uniform)),
            (
                object("VarianceScaling", ["scale": 1, "mode": "fan_avg", "distribution": "uniform"]),
                .varianceScaling(.glorotUniform)
            ),
            (
                object("VarianceScaling", ["scale": 3, "mode": "fan_out", "distribution": "untruncated_normal"]),
                scaling(3, .fanOut, .normal)
            ),
            (object("VarianceScaling", ["distribution": "normal"]), scaling(1, .fanIn, .truncatedNormal)),
            (object("RandomNormal", ["stddev": 2]), .normal(mean: 0, deviation: 2, isTruncated: false)),
            (object("TruncatedNormal", ["mean": 1]), .normal(mean: 1, deviation: 0.05, isTruncated: true)),
            (object("RandomUniform", ["minval": -1, "maxval": 2]), .uniform(from: -1, to: 2)),
            (object("Identity", ["gain": 2]), .identity(gain: 2)), ("orthogonal", .orthogonal(gain: 1)),
            ("normal", .normal(mean: 0, deviation: 0.05, isTruncated: false)),
        ]
        for (value, expected) in cases {
            #expect(ParameterInitializer(keras: value) == expected, "\(value)")
            if let expected { #expect(ParameterInitializer(keras: expected.kerasValue) == expected) }
        }
        for value in [
            object("STFT"), object("HeNormal", module: "mine"), object("GlorotUniform", ["input_axes": [0]]),
            object("VarianceScaling", ["scale": 0]), object("VarianceScaling", ["mode": "fan"]), 3,
        ] {
            #expect(ParameterInitializer(keras: value) == .other(value))
            #expect(ParameterInitializer(keras: value)?.specification(of: [3, 3]) == nil)
        }
    }

    /// The formulas of keras/src/initializers/random_initializers.py.
    @Test func variancesAreScaledByTheFans() {
        let shapes: [(Shape, in: Double, out: Double)] = [([5, 7], 5, 7), ([3, 2, 4, 6], 24, 36), ([9], 9, 9)]
        for (shape, fanIn, fanOut) in shapes {
            let fans: [(VarianceScaling.Fan, Double)] = [
                (.fanIn, fanIn), (.fanOut, fanOut), (.average, (fanIn + fanOut) / 2),
            ]
            for (fan, divisor) in fans {
                func specification(_ distribution: VarianceScaling.Distribution) -> ParameterSpecification.Initializer?
                {
                    ParameterInitializer.varianceScaling(
                        VarianceScaling(scale: 2, fan: fan, distribution: distribution)
                    ).specification(of: shape)
                }
                let (limit, deviation) = ((3 * (2 / divisor)).squareRoot(), (2 / divisor).squareRoot())
                #expect(specification(.uniform) == .uniform(from: -limit, to: limit))
                #expect(specification(.normal) == .normal(mean: 0, deviation: deviation, isTruncated: false))
                #expect(
                    specification(.truncatedNormal)
                        == .normal(mean: 0, deviation: deviation / 0.87962566103423978, isTruncated: true))
            }
        }
        #expect(ParameterInitializer.identity(gain: 1).specification(of: [3, 3, 1, 1]) == nil)
        #expect(ParameterInitializer.orthogonal(gain: 1).specification(of: [3]) == nil)
    }

    // MARK: Layers

    private func read(_ className: String, _ config: [String: JSONValue]) throws -> ParameterOptions {
        let place = KerasPlace(file: "model.json")
        return try LayerKind.read(
            keras: KerasObject(object(className, config, module: "keras.layers"), at: place),
            at: place.layer("mine", className)
        ).parameters
    }

    @Test func eachParameterHasOptionsOfItsOwn() throws {
        let separable = try read(
            "SeparableConv2D",
            [
                "filters": 2, "kernel_size": [3, 3], "padding": "same", "depth_multiplier": 1,
                "depthwise_regularizer": "l1", "pointwise_regularizer": "l2", "bias_initializer": "ones",
                "depthwise_initializer": "glorot_uniform", "activity_regularizer": "l1_l2",
            ])
        #expect(separable.regularizers["depthwise_kernel"] == .norms(l1: 0.01, l2: 0))
        #expect(separable.regularizers["pointwise_kernel"] == .norms(l1: 0, l2: 0.01))
        #expect(separable.initializers == ["bias": .constant(1)])
        #expect(separable.activityRegularizer == .norms(l1: 0.01, l2: 0.01))
        let depthwise = try read(
            "DepthwiseConv2D",
            [
                "kernel_size": [3, 3], "padding": "same", "depth_multiplier": 1, "depthwise_regularizer": "l1",
                "depthwise_initializer": "he_normal",
            ])
        #expect(depthwise.regularizers == ["kernel": .norms(l1: 0.01, l2: 0)])
        #expect(Array(depthwise.initializers.keys) == ["kernel"])
        let active = try read("ActivityRegularization", ["l1": .number(0.5), "l2": 0])
        #expect(active.activityRegularizer == .norms(l1: 0.5, l2: 0))
    }

    @Test func whatIsUsualIsNotKept() throws {
        let options = try read(
            "BatchNormalization",
            [
                "momentum": .number(0.5), "epsilon": .number(0.5), "gamma_initializer": "ones",
                "beta_initializer": object("Zeros"), "moving_mean_initializer": "zeros",
                "moving_variance_initializer": "ones", "gamma_regularizer": .null,
            ])
        #expect(options.isEmpty)
    }

    @Test func modelFilesKeepThem() throws {
        let other = object("OrthogonalRegularizer", ["factor": 1])
        let options = ParameterOptions(
            initializers: ["kernel": .orthogonal(gain: 2), "bias": .other(object("Mine", module: "mine"))],
            regularizers: ["kernel": .norms(l1: 0.1, l2: 0), "bias": .other(other)],
            activityRegularizer: .norms(l1: 0, l2: 0.3))
        let again = try JSONDecoder().decode(ParameterOptions.self, from: JSONEncoder().encode(options))
        #expect(again == options)
        #expect(options.kerasOptions(of: DenseOptions.self)["bias_regularizer"] == other)
    }
}
