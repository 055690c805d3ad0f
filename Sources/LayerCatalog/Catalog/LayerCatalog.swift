/// All kinds of layers that there are, each described by one file of this folder.
///
/// A new kind is a new line in ``all``; nothing else in the program lists kinds.
public enum LayerCatalog {
    /// The kinds, in the order in which messages list their Keras classes.
    public static let all: [any LayerOptions.Type] = [
        InputOptions.self,
        DenseOptions.self,
        Convolution2DOptions.self,
        DepthwiseConvolution2DOptions.self,
        SeparableConvolution2DOptions.self,
        TransposedConvolution2DOptions.self,
        ZeroPadding2DOptions.self,
        MaxPooling2DOptions.self,
        AveragePooling2DOptions.self,
        GlobalAveragePooling2DOptions.self,
        GlobalMaxPooling2DOptions.self,
        BatchNormalizationOptions.self,
        ActivationOptions.self,
        PReLUOptions.self,
        LayerNormalizationOptions.self,
        GroupNormalizationOptions.self,
        UnitNormalizationOptions.self,
        NormalizationOptions.self,
        RescalingOptions.self,
        LayerScaleOptions.self,
        DropoutOptions.self,
        SpatialDropout2DOptions.self,
        GaussianNoiseOptions.self,
        GaussianDropoutOptions.self,
        StochasticDepthOptions.self,
        Cropping2DOptions.self,
        UpSampling2DOptions.self,
        FlattenOptions.self,
        ReshapeOptions.self,
        PermuteOptions.self,
        AddOptions.self,
        MergeOptions.self,
        ScaledSumOptions.self,
        DivideOptions.self,
        ArithmeticOptions.self,
        ElementFunctionOptions.self,
        ReductionOptions.self,
        ConcatenateOptions.self,
        RandomPreprocessingOptions.self,
    ]

    /// The kind that model files store under `name`; nil when there is none.
    public static func kind(storedAs name: String) -> (any LayerOptions.Type)? { byStoredName[name] }

    /// The kind that is read from the class `name` of one of Keras' modules; nil when there is none.
    public static func kind(
        ofKerasClass name: String, in module: String = "keras.layers"
    ) -> (any LayerOptions.Type)? {
        byKerasClass["\(module).\(name)"]
    }

    /// The Keras classes that can be read and trained, for messages; operators are not among them.
    public static let kerasClasses =
        all.filter {
            !KerasObject.isOperatorModule($0.kerasModule) && $0.storedName != RandomPreprocessingOptions.storedName
        }
        .flatMap { $0.kerasClasses }.joined(separator: ", ")

    private static let byStoredName = Dictionary(uniqueKeysWithValues: all.map { ($0.storedName, $0) })
    private static let byKerasClass = Dictionary(
        uniqueKeysWithValues: all.flatMap { kind in kind.kerasClasses.map { ("\(kind.kerasModule).\($0)", kind) } })
}
