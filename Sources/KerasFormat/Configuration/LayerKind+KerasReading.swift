import Faults
import Layers
import Models
import Tensors

extension LayerKind {
    /// The Keras classes that can be read, for messages.
    static let kerasClasses = """
        InputLayer, Dense, Conv2D, ZeroPadding2D, MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D, \
        GlobalMaxPooling2D, BatchNormalization, Activation, ReLU, LeakyReLU, ELU, Softmax, Dropout, Flatten, Add, \
        Concatenate
        """

    /// Reads one layer with all its options.
    ///
    /// - Parameter isFresh: whether weights will be drawn as the initialisers say rather than read from the file.
    /// - Throws: a `badData` fault that names layer and option, and what is supported.
    init(keras object: KerasObject, at place: KerasPlace, isFresh: Bool) throws {
        guard object.module == "keras.layers" else {
            let problem =
                object.isModel
                ? "is a model inside the model" : "is \(object.module).\(object.className), which is no layer"
            throw place.fault(
                "\(problem), which is not supported",
                remedy: "put single layers in its place: \(Self.kerasClasses)")
        }
        var options = KerasOptions(object.config, at: place)
        options.ignore("name")
        try options.requireSinglePrecision()
        if let function = try ActivationFunction(layer: object, at: place) {
            self = .activation(function)
            return
        }
        self = try Self.read(object, &options, isFresh)
        if hasParameters {
            guard try options.boolean("trainable", default: true) else {
                throw place.fault(
                    "is frozen, which is not supported", remedy: "set its trainable to True and save again")
            }
        } else {
            options.ignore("trainable")
        }
        try options.finish()
    }

    /// Whether layers of this kind have weights.
    var hasParameters: Bool {
        switch self {
        case .dense, .convolution2D, .batchNormalization: true
        default: false
        }
    }

    private static func read(
        _ object: KerasObject, _ options: inout KerasOptions, _ isFresh: Bool
    ) throws -> LayerKind {
        switch object.className {
        case "InputLayer": return try input(&options)
        case "Dense": return try dense(&options, isFresh)
        case "Conv2D": return try convolution2D(&options, isFresh)
        case "ZeroPadding2D": return try zeroPadding2D(&options)
        case "MaxPooling2D":
            let (size, strides, padding) = try pooling(&options)
            return .maxPooling2D(poolSize: size, strides: strides, padding: padding)
        case "AveragePooling2D":
            let (size, strides, padding) = try pooling(&options)
            return .averagePooling2D(poolSize: size, strides: strides, padding: padding)
        case "GlobalAveragePooling2D":
            try options.requireChannelsLast()
            return .globalAveragePooling2D(keepDimensions: try options.boolean("keepdims", default: false))
        case "GlobalMaxPooling2D":
            try options.requireChannelsLast()
            return .globalMaxPooling2D(keepDimensions: try options.boolean("keepdims", default: false))
        case "BatchNormalization": return try batchNormalization(&options, rank: object.inputRank, isFresh)
        case "Activation": return .activation(try options.activation())
        case "Dropout":
            options.ignore("seed")
            return .dropout(rate: try options.number("rate"))
        case "Flatten":
            try options.requireChannelsLast()
            return .flatten
        case "Add": return .add
        case "Concatenate":
            try options.requireLastAxis(rank: object.inputRank)
            return .concatenate
        case "Lambda":
            throw options.place.fault(
                "holds Python code, which is never run", remedy: "use Keras' own layers: \(kerasClasses)")
        default: throw options.place.fault("is not supported", remedy: "supported: \(kerasClasses)")
        }
    }

    private static func input(_ options: inout KerasOptions) throws -> LayerKind {
        let value = options.take("batch_shape")
        let extents = value.array?.dropFirst().compactMap(\.integer).filter {
            $0 > 0 && KerasOptions.extents.contains($0)
        }
        guard let extents, extents.count == 3, value.array?.count == 4 else {
            throw options.place.fault(
                "has batch_shape = \(value.summary)",
                remedy: "give it the stamps' shape, for instance (None, 21, 21, 1)")
        }
        return .input(shape: Shape(extents))
    }

    private static func dense(_ options: inout KerasOptions, _ isFresh: Bool) throws -> LayerKind {
        try checkInitializers(&options, isFresh)
        return .dense(
            units: try options.integer("units"), activation: try options.activation(),
            useBias: try options.boolean("use_bias", default: true))
    }

    private static func convolution2D(_ options: inout KerasOptions, _ isFresh: Bool) throws -> LayerKind {
        try checkInitializers(&options, isFresh)
        try options.requireChannelsLast()
        try options.require("dilation_rate", 1, [1, 1], supported: "1")
        try options.require("groups", 1, supported: "1")
        return .convolution2D(
            filters: try options.integer("filters"), kernelSize: try options.extent("kernel_size"),
            strides: try options.extent("strides", default: Extent2D(1, 1)), padding: try options.padding(),
            activation: try options.activation(), useBias: try options.boolean("use_bias", default: true))
    }

    private static func zeroPadding2D(_ options: inout KerasOptions) throws -> LayerKind {
        try options.requireChannelsLast()
        let value = options.take("padding")
        let sides =
            value.array?.compactMap { pair in pair.array?.compactMap(\.integer).filter(KerasOptions.extents.contains) }
            ?? []
        guard sides.count == 2, sides.allSatisfy({ $0.count == 2 }) else {
            throw options.unsupported("padding", value, supported: "((top, bottom), (left, right))")
        }
        return .zeroPadding2D(top: sides[0][0], bottom: sides[0][1], left: sides[1][0], right: sides[1][1])
    }

    private static func pooling(_ options: inout KerasOptions) throws -> (Extent2D, Extent2D, Padding) {
        try options.requireChannelsLast()
        let size = try options.extent("pool_size")
        return (size, try options.extent("strides", default: size), try options.padding())
    }

    private static func batchNormalization(
        _ options: inout KerasOptions, rank: Int, _ isFresh: Bool
    ) throws -> LayerKind {
        try checkInitializers(&options, isFresh)
        try options.requireLastAxis(rank: rank)
        // Statistics are those of the whole batch over all ranks, which is what `synchronized` asks for.
        options.ignore("synchronized", "renorm_momentum")
        return .batchNormalization(
            momentum: try options.number("momentum"), epsilon: try options.number("epsilon"),
            center: try options.boolean("center", default: true), scale: try options.boolean("scale", default: true))
    }

    /// Fresh weights are drawn as Keras does by default; another initialiser must not be passed over in silence.
    private static func checkInitializers(_ options: inout KerasOptions, _ isFresh: Bool) throws {
        let standard = [
            "kernel": "GlorotUniform", "bias": "Zeros", "beta": "Zeros", "gamma": "Ones", "moving_mean": "Zeros",
            "moving_variance": "Ones",
        ]
        for (parameter, initializer) in standard.sorted(by: { $0.key < $1.key }) {
            let name = "\(parameter)_initializer"
            let value = options.take(name)
            guard isFresh, !value.isNull, value.object?["class_name"]?.string != initializer else { continue }
            throw options.unsupported(
                name, value, supported: "\(initializer); a .keras file brings weights drawn in any other way")
        }
    }
}

extension KerasObject {
    /// The number of axes of the layer's inputs, the batch's included; 4 for maps where the file does not say.
    fileprivate var inputRank: Int {
        let shape = members["build_config"]?.object?["input_shape"]?.array ?? []
        return (shape.first?.array ?? shape).isEmpty ? 4 : (shape.first?.array ?? shape).count
    }
}
