import LayerCatalog

/// What Keras 1 and 2 call by other names than Keras 3.
enum LegacyNames {
    private static let classes = [
        "Convolution2D": "Conv2D", "AtrousConvolution2D": "Conv2D", "AtrousConv2D": "Conv2D",
        "SeparableConvolution2D": "SeparableConv2D", "Deconvolution2D": "Conv2DTranspose",
        "Convolution2DTranspose": "Conv2DTranspose", "BatchNormalizationV1": "BatchNormalization",
        "BatchNormalizationV2": "BatchNormalization", "SyncBatchNormalization": "BatchNormalization",
        "MaxPool2D": "MaxPooling2D", "AvgPool2D": "AveragePooling2D", "GlobalMaxPool2D": "GlobalMaxPooling2D",
        "GlobalAvgPool2D": "GlobalAveragePooling2D",
    ]

    /// The name of a class in Keras 3.
    static func currentClass(_ name: String) -> String { classes[name] ?? name }

    /// The module of a class of Keras', which old files do not name or call after their package.
    static func module(_ value: JSONValue?, standard: JSONValue) -> JSONValue {
        guard let module = value?.string else { return value ?? standard }
        let packages = [
            "tf_keras.", "tensorflow.keras.", "tensorflow.python.keras.", "keras.engine.", "keras.src.engine.",
            "keras.layers.",
        ]
        return packages.contains { module.hasPrefix($0) } ? standard : value!
    }

    /// Options of any layer.
    private static let options = [
        "nb_filter": "filters", "border_mode": "padding", "subsample": "strides", "bias": "use_bias",
        "init": "kernel_initializer", "gamma_init": "gamma_initializer", "beta_init": "beta_initializer",
        "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
        "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint", "output_dim": "units", "p": "rate",
        "sigma": "stddev", "atrous_rate": "dilation_rate", "concat_axis": "axis",
        "depthwise_init": "depthwise_initializer", "pointwise_init": "pointwise_initializer",
    ]

    /// What only says again what the layer's input is.
    private static let dispensable = ["batch_input_shape", "input_dim", "input_dtype", "input_length"]

    /// The options of a layer under the names of Keras 3.
    static func renamed(_ config: [String: JSONValue], ofClass className: String) -> [String: JSONValue] {
        var renamed = config
        func move(_ old: String, _ new: String, _ change: (JSONValue) -> JSONValue = { $0 }) {
            guard let value = renamed.removeValue(forKey: old) else { return }
            if renamed[new] == nil { renamed[new] = change(value) }
        }
        if className == "InputLayer" { move("batch_input_shape", "batch_shape") }
        if className == "LeakyReLU" { move("alpha", "negative_slope") }
        if className == "BatchNormalization", config["mode"] == 0 { renamed["mode"] = nil }
        for (old, new) in options { move(old, new) }
        move("dim_ordering", "data_format") {
            $0 == "tf" ? "channels_last" : $0 == "th" ? "channels_first" : .null
        }
        if let rows = config["nb_row"], let columns = config["nb_col"] {
            (renamed["nb_row"], renamed["nb_col"]) = (nil, nil)
            renamed["kernel_size"] = [rows, columns]
        }
        for name in dispensable { renamed[name] = nil }
        // Keras 2 writes options of a plain convolution for other kinds, which do not have them.
        if ["Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D"].contains(className), config["groups"] == 1 {
            renamed["groups"] = nil
        }
        if className == "SeparableConv2D" {
            for option in ["kernel_initializer", "kernel_regularizer", "kernel_constraint"] { renamed[option] = nil }
        }
        return renamed
    }

    /// The layer that merges as Keras 1's `Merge` does in one of its modes, whose options go.
    static func mergingClass(_ config: inout [String: JSONValue]) -> JSONValue {
        let classes: [String: JSONValue] = [
            "sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum",
        ]
        guard let mode = config["mode"]?.string, let current = classes[mode] else { return "Merge" }
        let kept = ["name", "trainable"] + (mode == "concat" ? ["axis"] : [])
        config = config.filter { kept.contains($0.key) }
        return current
    }
}
