import Tensors

/// A layer that changes stamps at random in training and gives them as they are otherwise: `keras.layers.RandomFlip` and
/// others of its kind. Training is not done through it.
public struct RandomPreprocessingOptions: TrainingOnlyOptions {
    /// The Keras class.
    public var className: String
    /// What Keras made the layer with.
    public var options: [String: JSONValue]

    public init(className: String, options: [String: JSONValue]) {
        (self.className, self.options) = (className, options)
    }

    public static let storedName = "randomPreprocessing"
    public static let kerasClasses = [
        "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomShear", "RandomPerspective",
        "RandomElasticTransform", "RandomContrast", "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter",
        "RandomGrayscale", "RandomHue", "RandomSaturation", "RandomSharpness", "RandomPosterization", "RandomInvert",
        "RandomErasing", "RandomGaussianBlur",
    ]

    public func operation(at place: LayerPlace) throws -> LayerOperation { .reshape(try place.inputShape()) }
}

// MARK: Keras

extension RandomPreprocessingOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        className = options.className
        self.options = options.takeAll()
    }

    public var kerasClass: String { className }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        options.merging(["data_format": "channels_last"]) { $1 }
    }
}
