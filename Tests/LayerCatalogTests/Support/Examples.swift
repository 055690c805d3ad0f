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
            kind: .activation(.rectifier(maximum: 6, slope: 0.5, threshold: 1)), inputs: [[4]], output: [4],
            json: #"{"activation":{"_0":{"boundedReLU":{"maximum":6,"slope":0.5,"threshold":1}}}}"#,
            kerasClass: "ReLU"),
        Example(
            kind: .prelu(sharedAxes: [1, 2]), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"prelu":{"sharedAxes":[1,2]}}"#, kerasClass: "PReLU"),
        Example(
            kind: .dropout(rate: 0.25), inputs: [[4]], output: [4], json: #"{"dropout":{"rate":0.25}}"#,
            kerasClass: "Dropout"),
        Example(
            kind: .dropout(rate: 0.5, noiseShape: [1, 1, 4]), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"dropout":{"noiseShape":[1,1,4],"rate":0.5}}"#, kerasClass: "Dropout"),
        Example(
            kind: .spatialDropout2D(rate: 0.25), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"spatialDropout2D":{"rate":0.25}}"#, kerasClass: "SpatialDropout2D"),
        Example(
            kind: .stochasticDepth(rate: 0.25), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"stochasticDepth":{"rate":0.25}}"#, kerasClass: "StochasticDepth"),
        Example(
            kind: .gaussianNoise(deviation: 0.25), inputs: [[4]], output: [4],
            json: #"{"gaussianNoise":{"deviation":0.25}}"#, kerasClass: "GaussianNoise"),
        Example(
            kind: .gaussianDropout(rate: 0.25), inputs: [[4]], output: [4],
            json: #"{"gaussianDropout":{"rate":0.25}}"#, kerasClass: "GaussianDropout"),
        Example(
            kind: .layerNormalization(axes: [2, 3], epsilon: 0.5, scale: false), inputs: [[2, 3, 4]],
            output: [2, 3, 4],
            json: #"{"layerNormalization":{"axes":[2,3],"center":true,"epsilon":0.5,"scale":false}}"#,
            kerasClass: "LayerNormalization"),
        Example(
            kind: .layerNormalization(axes: [1], epsilon: 0.5), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"layerNormalization":{"axes":[1],"center":true,"epsilon":0.5,"scale":true}}"#,
            kerasClass: "LayerNormalization"),
        Example(
            kind: .softmax(axes: [1, 2]), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"activation":{"_0":{"softmax":{}},"axes":[1,2]}}"#, kerasClass: "Softmax"),
        Example(
            kind: .groupNormalization(groups: 2, epsilon: 0.5, center: false), inputs: [[2, 3, 4]],
            output: [2, 3, 4],
            json: #"{"groupNormalization":{"center":false,"epsilon":0.5,"groups":2,"scale":true}}"#,
            kerasClass: "GroupNormalization"),
        Example(
            kind: .unitNormalization(axes: [1, -1]), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"unitNormalization":{"axes":[1,-1]}}"#, kerasClass: "UnitNormalization"),
        Example(
            kind: .normalization(axes: [1, 3], invert: true), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"normalization":{"axes":[1,3],"invert":true}}"#, kerasClass: "Normalization"),
        Example(
            kind: .normalization(mean: [1, 2], variance: [0.5, 0]), inputs: [[2, 3, 2]], output: [2, 3, 2],
            json: #"{"normalization":{"axes":[-1],"invert":false,"mean":[1,2],"variance":[0.5,0]}}"#,
            kerasClass: "Normalization"),
        Example(
            kind: .rescaling(scale: [0.5], offset: [1, 2, 3]), inputs: [[2, 3, 3]], output: [2, 3, 3],
            json: #"{"rescaling":{"offset":[1,2,3],"scale":[0.5]}}"#, kerasClass: "Rescaling"),
        Example(
            kind: .layerScale(initialValue: 0.5, channels: 4), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"layerScale":{"channels":4,"initialValue":0.5}}"#, kerasClass: "LayerScale"),
        Example(
            kind: .cropping2D(top: 1, bottom: 0, left: 2, right: 1), inputs: [[3, 5, 2]], output: [2, 2, 2],
            json: #"{"cropping2D":{"bottom":0,"left":2,"right":1,"top":1}}"#, kerasClass: "Cropping2D"),
        Example(
            kind: .upSampling2D(size: Extent2D(2, 3), interpolation: .bilinear), inputs: [[3, 2, 2]],
            output: [6, 6, 2],
            json: #"{"upSampling2D":{"interpolation":"bilinear","size":{"height":2,"width":3}}}"#,
            kerasClass: "UpSampling2D"),
        Example(
            kind: .reshape([-1, 6]), inputs: [[2, 3, 4]], output: [4, 6],
            json: #"{"reshape":{"targetShape":[-1,6]}}"#, kerasClass: "Reshape"),
        Example(
            kind: .permute([3, 1, 2]), inputs: [[2, 3, 4]], output: [4, 2, 3],
            json: #"{"permute":{"dimensions":[3,1,2]}}"#, kerasClass: "Permute"),
        Example(
            kind: .flatten, inputs: [[2, 3, 4]], output: [24], json: #"{"flatten":{}}"#, kerasClass: "Flatten"),
        Example(
            kind: .add, inputs: [[2, 3, 4], [2, 3, 4]], output: [2, 3, 4], json: #"{"add":{}}"#, kerasClass: "Add"),
        Example(
            kind: .merge(.product), inputs: [[2, 3, 4], [1, 1, 4], [4]], output: [2, 3, 4],
            json: #"{"merge":{"combination":"product"}}"#, kerasClass: "Multiply"),
        Example(
            kind: .merge(.mean), inputs: [[2, 3, 1], [1, 1, 4]], output: [2, 3, 4],
            json: #"{"merge":{"combination":"mean"}}"#, kerasClass: "Average"),
        Example(
            kind: .scaledSum(scale: 0.25), inputs: [[2, 3, 4], [2, 3, 4]], output: [2, 3, 4],
            json: #"{"scaledSum":{"scale":0.25}}"#, kerasClass: "CustomScaleLayer"),
        Example(
            kind: .divide, inputs: [[2, 3, 4], [4]], output: [2, 3, 4], json: #"{"divide":{}}"#, kerasClass: "Divide"),
        Example(
            kind: .arithmetic(.subtract, 0.5, isNumberFirst: true), inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"arithmetic":{"isNumberFirst":true,"number":0.5,"operator":"subtract"}}"#,
            kerasClass: "Subtract"),
        Example(
            kind: .clip(-0.5, 2), inputs: [[2, 3, 4]],
            output: [2, 3, 4], json: #"{"elementFunction":{"function":"clip","maximum":2,"minimum":-0.5}}"#,
            kerasClass: "Clip"),
        Example(
            kind: .elementFunction(.logarithm), inputs: [[4]], output: [4],
            json: #"{"elementFunction":{"function":"logarithm"}}"#, kerasClass: "Log"),
        Example(
            kind: .reduction(.sum, axes: [1, -1]), inputs: [[2, 3, 4]], output: [3],
            json: #"{"reduction":{"axes":[1,-1],"keepDimensions":false,"statistic":"sum"}}"#, kerasClass: "Sum"),
        Example(
            kind: .reduction(.minimum, axes: [2], keepDimensions: true), inputs: [[2, 3, 4]], output: [2, 1, 4],
            json: #"{"reduction":{"axes":[2],"keepDimensions":true,"statistic":"minimum"}}"#, kerasClass: "Min"),
        Example(
            kind: .concatenate(axis: 1), inputs: [[2, 3, 4], [1, 3, 4]], output: [3, 3, 4],
            json: #"{"concatenate":{"axis":1}}"#, kerasClass: "Concatenate"),
        Example(
            kind: .concatenate, inputs: [[2, 3, 4], [2, 3, 1]], output: [2, 3, 5], json: #"{"concatenate":{}}"#,
            kerasClass: "Concatenate"),
        Example(
            kind: LayerKind(RandomPreprocessingOptions(className: "RandomFlip", options: ["mode": "horizontal"])),
            inputs: [[2, 3, 4]], output: [2, 3, 4],
            json: #"{"randomPreprocessing":{"className":"RandomFlip","options":{"mode":"horizontal"}}}"#,
            kerasClass: "RandomFlip"),
    ]
}
