import LayerCatalog
import Layers
import Tensors
import Testing

/// A layer of each kind with options that are not Keras' usual ones, and inputs that it works on.
struct Example: Sendable, CustomTestStringConvertible {
    let kind: LayerKind
    /// The shapes that feed it.
    let inputs: [Shape]
    /// The shape that it gives.
    let output: Shape
    /// As model files hold it.
    let json: String
    /// The Keras class that it is written as.
    let kerasClass: String

    var testDescription: String { kind.kerasName }

    /// The place of such a layer in a network.
    var place: LayerPlace {
        LayerPlace(
            layer: "layer", network: "mine", inputs: inputs.indices.map { "input\($0)" }, inputShapes: inputs,
            number: inputs.isEmpty ? 0 : 1)
    }

    static let all: [Example] = [
        Example(
            kind: .input(shape: [5, 6, 3]), inputs: [], output: [5, 6, 3], json: #"{"input":{"shape":[5,6,3]}}"#,
            kerasClass: "InputLayer"),
        Example(
            kind: .dense(units: 3, activation: .elu(alpha: 0.5), useBias: false), inputs: [[4]], output: [3],
            json: #"{"dense":{"activation":{"elu":{"alpha":0.5}},"units":3,"useBias":false}}"#, kerasClass: "Dense"),
        Example(
            kind: .convolution2D(
                filters: 4, kernelSize: Extent2D(3, 2), strides: Extent2D(2, 1), padding: .same, activation: .relu),
            inputs: [[5, 6, 3]], output: [3, 6, 4],
            json: #"{"convolution2D":{"activation":{"relu":{}},"filters":4,"kernelSize":{"height":3,"width":2},"#
                + #""padding":"same","strides":{"height":2,"width":1},"useBias":true}}"#, kerasClass: "Conv2D"),
        Example(
            kind: .depthwiseConvolution2D(
                kernelSize: Extent2D(3, 2), strides: Extent2D(2, 1), padding: .same, dilationRate: Extent2D(1, 2),
                depthMultiplier: 2, activation: .relu, useBias: false),
            inputs: [[5, 6, 3]], output: [3, 6, 6],
            json: #"{"depthwiseConvolution2D":{"activation":{"relu":{}},"depthMultiplier":2,"#
                + #""dilationRate":{"height":1,"width":2},"kernelSize":{"height":3,"width":2},"#
                + #""padding":"same","strides":{"height":2,"width":1},"useBias":false}}"#,
            kerasClass: "DepthwiseConv2D"),
        Example(
            kind: .convolution2D(
                filters: 6, kernelSize: Extent2D(3, 2), strides: Extent2D(1, 1), padding: .valid,
                dilationRate: Extent2D(1, 3), groups: 3, activation: .linear, useBias: false),
            inputs: [[5, 6, 3]], output: [3, 3, 6],
            json: #"{"convolution2D":{"activation":{"linear":{}},"dilationRate":{"height":1,"width":3},"#
                + #""filters":6,"groups":3,"kernelSize":{"height":3,"width":2},"#
                + #""padding":"valid","strides":{"height":1,"width":1},"useBias":false}}"#, kerasClass: "Conv2D"),
        Example(
            kind: .separableConvolution2D(
                filters: 4, kernelSize: Extent2D(3, 2), strides: Extent2D(2, 1), padding: .same,
                dilationRate: Extent2D(1, 2), depthMultiplier: 2, activation: .tanh),
            inputs: [[5, 6, 3]], output: [3, 6, 4],
            json: #"{"separableConvolution2D":{"activation":{"tanh":{}},"depthMultiplier":2,"#
                + #""dilationRate":{"height":1,"width":2},"filters":4,"kernelSize":{"height":3,"width":2},"#
                + #""padding":"same","strides":{"height":2,"width":1},"useBias":true}}"#,
            kerasClass: "SeparableConv2D"),
        Example(
            kind: .transposedConvolution2D(
                filters: 4, kernelSize: Extent2D(3, 2), strides: Extent2D(2, 3), padding: .valid, activation: .linear),
            inputs: [[5, 6, 3]], output: [11, 18, 4],
            json: #"{"transposedConvolution2D":{"activation":{"linear":{}},"dilationRate":{"height":1,"width":1},"#
                + #""filters":4,"kernelSize":{"height":3,"width":2},"#
                + #""padding":"valid","strides":{"height":2,"width":3},"useBias":true}}"#,
            kerasClass: "Conv2DTranspose"),
        Example(
            kind: .transposedConvolution2D(
                filters: 4, kernelSize: Extent2D(3, 2), strides: Extent2D(2, 3), padding: .same,
                outputPadding: Extent2D(0, 2), activation: .linear, useBias: false),
            inputs: [[5, 6, 3]], output: [9, 17, 4],
            json: #"{"transposedConvolution2D":{"activation":{"linear":{}},"dilationRate":{"height":1,"width":1},"#
                + #""filters":4,"kernelSize":{"height":3,"width":2},"outputPadding":{"height":0,"width":2},"#
                + #""padding":"same","strides":{"height":2,"width":3},"useBias":false}}"#,
            kerasClass: "Conv2DTranspose"),
        Example(
            kind: .zeroPadding2D(top: 1, bottom: 2, left: 3, right: 4), inputs: [[5, 6, 3]], output: [8, 13, 3],
            json: #"{"zeroPadding2D":{"bottom":2,"left":3,"right":4,"top":1}}"#, kerasClass: "ZeroPadding2D"),
        Example(
            kind: .maxPooling2D(poolSize: Extent2D(2, 3), strides: Extent2D(1, 2), padding: .valid),
            inputs: [[5, 6, 3]], output: [4, 2, 3],
            json: #"{"maxPooling2D":{"padding":"valid","poolSize":{"height":2,"width":3},"#
                + #""strides":{"height":1,"width":2}}}"#, kerasClass: "MaxPooling2D"),
        Example(
            kind: .averagePooling2D(poolSize: Extent2D(2, 2), strides: Extent2D(2, 2), padding: .same),
            inputs: [[5, 6, 3]], output: [3, 3, 3],
            json: #"{"averagePooling2D":{"padding":"same","poolSize":{"height":2,"width":2},"#
                + #""strides":{"height":2,"width":2}}}"#, kerasClass: "AveragePooling2D"),
        Example(
            kind: .globalAveragePooling2D(keepDimensions: true), inputs: [[5, 6, 3]], output: [1, 1, 3],
            json: #"{"globalAveragePooling2D":{"keepDimensions":true}}"#, kerasClass: "GlobalAveragePooling2D"),
        Example(
            kind: .globalMaxPooling2D(keepDimensions: false), inputs: [[5, 6, 3]], output: [3],
            json: #"{"globalMaxPooling2D":{"keepDimensions":false}}"#, kerasClass: "GlobalMaxPooling2D"),
        Example(
            kind: .batchNormalization(momentum: 0.75, epsilon: 0.5, center: false), inputs: [[5, 6, 3]],
            output: [5, 6, 3],
            json: #"{"batchNormalization":{"center":false,"epsilon":0.5,"momentum":0.75,"scale":true}}"#,
            kerasClass: "BatchNormalization"),
        Example(
            kind: .activation(.tanh), inputs: [[4]], output: [4], json: #"{"activation":{"_0":{"tanh":{}}}}"#,
            kerasClass: "Activation"),
        // What no name stands for is a class of its own in Keras.
        Example(
            kind: .activation(.leakyReLU(slope: 0.5)), inputs: [[4]], output: [4],
            json: #"{"activation":{"_0":{"leakyReLU":{"slope":0.5}}}}"#, kerasClass: "LeakyReLU"),
        Example(
            kind: .dropout(rate: 0.25), inputs: [[4]], output: [4], json: #"{"dropout":{"rate":0.25}}"#,
            kerasClass: "Dropout"),
        Example(
            kind: .flatten, inputs: [[2, 3, 4]], output: [24], json: #"{"flatten":{}}"#, kerasClass: "Flatten"),
        Example(
            kind: .add, inputs: [[2, 3, 4], [2, 3, 4]], output: [2, 3, 4], json: #"{"add":{}}"#, kerasClass: "Add"),
        Example(
            kind: .concatenate, inputs: [[2, 3, 4], [2, 3, 1]], output: [2, 3, 5], json: #"{"concatenate":{}}"#,
            kerasClass: "Concatenate"),
    ]
}
