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
        DropoutOptions.self,
        FlattenOptions.self,
        AddOptions.self,
        ConcatenateOptions.self,
    ]

    /// The kind that model files store under `name`; nil when there is none.
    public static func kind(storedAs name: String) -> (any LayerOptions.Type)? { byStoredName[name] }

    /// The kind that is read from the Keras class `name`; nil when there is none.
    public static func kind(ofKerasClass name: String) -> (any LayerOptions.Type)? { byKerasClass[name] }

    /// The Keras classes that can be read, for messages.
    public static let kerasClasses = all.flatMap { $0.kerasClasses }.joined(separator: ", ")

    private static let byStoredName = Dictionary(uniqueKeysWithValues: all.map { ($0.storedName, $0) })
    private static let byKerasClass = Dictionary(
        uniqueKeysWithValues: all.flatMap { kind in kind.kerasClasses.map { ($0, kind) } })
}
