import Testing

@testable import KerasFormat

/// The groups of `model.weights.h5` have Keras' own names.
@Suite struct KerasVariablesTests {
    /// What `keras.src.utils.naming.to_snake_case` gives.
    @Test(arguments: [
        ("Dense", "dense"), ("Conv2D", "conv2d"), ("Conv2DTranspose", "conv2d_transpose"),
        ("DepthwiseConv2D", "depthwise_conv2d"), ("BatchNormalization", "batch_normalization"), ("PReLU", "p_re_lu"),
        ("ReLU", "re_lu"), ("ELU", "elu"), ("GRUCell", "gru_cell"), ("LayerNormalization", "layer_normalization"),
    ])
    func aClassIsWrittenInSmallLetters(_ className: String, _ group: String) {
        #expect(KerasVariables.groupName(ofClass: className) == group)
    }
}
