import Layers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The layers' forward passes written down plainly, in double precision: what the gradients of the real ones are tested
/// with.
enum PlainLayers {
    /// y[n] = f(bias[n] + Σ x[k]·kernel[k, n]) for each row of inputs; parameters are kernel, then bias.
    static func dense(_ input: [Double], _ parameters: [Double], inputs: Int, outputs: Int, isRectified: Bool)
        -> [Double]
    {
        var result: [Double] = []
        result.reserveCapacity(input.count / inputs * outputs)
        for row in stride(from: 0, to: input.count, by: inputs) {
            var sums = Array(parameters[(inputs * outputs)...])
            if sums.isEmpty { sums = [Double](repeating: 0, count: outputs) }
            var weight = 0
            for k in 0..<inputs {
                let x = input[row + k]
                for n in 0..<outputs {
                    sums[n] += x * parameters[weight]
                    weight += 1
                }
            }
            result += isRectified ? sums.map { max($0, 0) } : sums
        }
        return result
    }

    /// How windows slide along one axis, as Keras and TensorFlow define it.
    struct Windows {
        let extent: Int
        let window: Int
        let stride: Int
        let dilation: Int
        let count: Int
        let before: Int

        init(_ extent: Int, _ window: Int, _ stride: Int, _ padding: Padding, dilation: Int = 1) {
            (self.extent, self.window, self.stride, self.dilation) = (extent, window, stride, dilation)
            let reach = dilation * (window - 1) + 1
            switch padding {
            case .valid:
                count = (extent - reach + stride) / stride
                before = 0
            case .same:
                count = Int((Double(extent) / Double(stride)).rounded(.up))
                before = max((count - 1) * stride + reach - extent, 0) / 2
            }
        }

        /// The pixels that window `number` covers on the map, with their places in the window.
        func pixels(_ number: Int) -> [(pixel: Int, place: Int)] {
            (0..<window).compactMap { place in
                let pixel = number * stride - before + place * dilation
                return pixel >= 0 && pixel < extent ? (pixel, place) : nil
            }
        }
    }

    /// The definition of `MaxPooling2D`.
    static func maxPooling2D(
        _ input: [Double], inputShape: [Int], poolSize: Extent2D, strides: Extent2D, padding: Padding, samples: Int
    ) -> [Double] {
        pooling2D(
            input, inputShape: inputShape, poolSize: poolSize, strides: strides, padding: padding, samples: samples
        ) { $0.max()! }
    }

    /// The definition of `AveragePooling2D`.
    static func averagePooling2D(
        _ input: [Double], inputShape: [Int], poolSize: Extent2D, strides: Extent2D, padding: Padding, samples: Int
    ) -> [Double] {
        pooling2D(
            input, inputShape: inputShape, poolSize: poolSize, strides: strides, padding: padding, samples: samples
        ) { $0.reduce(0, +) / Double($0.count) }
    }

    /// `statistic` of the pixels of each window that lie on the map, channel by channel.
    private static func pooling2D(
        _ input: [Double], inputShape: [Int], poolSize: Extent2D, strides: Extent2D, padding: Padding, samples: Int,
        statistic: ([Double]) -> Double
    ) -> [Double] {
        let rows = Windows(inputShape[0], poolSize.height, strides.height, padding)
        let columns = Windows(inputShape[1], poolSize.width, strides.width, padding)
        let channels = inputShape[2]
        var result: [Double] = []
        for sample in 0..<samples {
            for oh in 0..<rows.count {
                for ow in 0..<columns.count {
                    for c in 0..<channels {
                        let values = rows.pixels(oh).flatMap { row in
                            columns.pixels(ow).map { column in
                                input[
                                    ((sample * inputShape[0] + row.pixel) * inputShape[1] + column.pixel) * channels + c
                                ]
                            }
                        }
                        result.append(statistic(values))
                    }
                }
            }
        }
        return result
    }

    /// The definition of `ZeroPadding2D`.
    static func zeroPadding2D(
        _ input: [Double], inputShape: [Int], top: Int, bottom: Int, left: Int, right: Int, samples: Int
    ) -> [Double] {
        let (height, width, channels) = (inputShape[0], inputShape[1], inputShape[2])
        var result: [Double] = []
        for sample in 0..<samples {
            for row in -top..<height + bottom {
                for column in -left..<width + right {
                    let isOnMap = 0..<height ~= row && 0..<width ~= column
                    let place = ((sample * height + row) * width + column) * channels
                    result += (0..<channels).map { isOnMap ? input[place + $0] : 0 }
                }
            }
        }
        return result
    }

    /// The definition of `Concatenate` along the last axis.
    static func concatenate(_ inputs: [[Double]], channels: [Int]) -> [Double] {
        (0..<inputs[0].count / channels[0]).flatMap { row in
            zip(inputs, channels).flatMap { input, count in input[row * count..<(row + 1) * count] }
        }
    }

    /// The definition of `ActivationLayer`.
    static func activation(_ input: [Double], _ function: ActivationFunction, channels: Int) -> [Double] {
        switch function {
        case .linear: return input
        case .relu: return input.map { max($0, 0) }
        case .sigmoid: return input.map { 1 / (1 + exp(-$0)) }
        case .tanh: return input.map { tanh($0) }
        case .leakyReLU(let slope): return input.map { $0 >= 0 ? $0 : Double(slope) * $0 }
        case .elu(let alpha): return input.map { $0 >= 0 ? $0 : Double(alpha) * (exp($0) - 1) }
        case .gelu(approximate: false): return input.map { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }
        case .gelu(approximate: true):
            return input.map { $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
        case .boundedReLU(let maximum, let slope, let threshold):
            let (slope, threshold) = (Double(slope), Double(threshold))
            return input.map { $0 > threshold ? min($0, Double(maximum ?? .infinity)) : slope * ($0 - threshold) }
        case .silu: return input.map { $0 / (1 + exp(-$0)) }
        case .hardSigmoid: return input.map { min(max($0 / 6 + 0.5, 0), 1) }
        case .hardSilu: return input.map { $0 * min(max($0 / 6 + 0.5, 0), 1) }
        case .softplus: return input.map { log(1 + exp($0)) }
        case .softsign: return input.map { $0 / (1 + abs($0)) }
        case .selu: return input.map { 1.0507009873554805 * ($0 >= 0 ? $0 : 1.6732632423543772 * (exp($0) - 1)) }
        case .celu(let alpha):
            let alpha = Double(alpha)
            return input.map { max($0, 0) + alpha * (exp(min($0, 0) / alpha) - 1) }
        case .mish: return input.map { $0 * tanh(log(1 + exp($0))) }
        case .exponential: return input.map { exp($0) }
        case .logSigmoid: return input.map { -log(1 + exp(-$0)) }
        case .hardTanh: return input.map { min(max($0, -1), 1) }
        case .tanhShrink: return input.map { $0 - tanh($0) }
        case .softShrink(let limit): return input.map { $0 - min(max($0, -Double(limit)), Double(limit)) }
        case .hardShrink(let limit): return input.map { abs($0) > Double(limit) ? $0 : 0 }
        case .squareplus(let b): return input.map { ($0 + ($0 * $0 + Double(b)).squareRoot()) / 2 }
        case .sparsePlus: return input.map { $0 >= 1 ? $0 : max(0, ($0 + 1) / 2) * max(0, ($0 + 1) / 2) }
        case .sparseSigmoid: return input.map { min(max(($0 + 1) / 2, 0), 1) }
        case .logSoftmax:
            return Self.activation(input, .softmax, channels: channels).map { log($0) }
        case .softmax:
            return stride(from: 0, to: input.count, by: channels).flatMap { row in
                let powers = input[row..<row + channels].map { exp($0) }
                return powers.map { $0 / powers.reduce(0, +) }
            }
        }
    }

    /// The definition of `BatchNormalization` in training, over all rows at once; parameters are gamma, then beta, if
    /// the layer has them.
    static func batchNormalization(_ input: [Double], _ parameters: [Double], of layer: BatchNormalization) -> [Double]
    {
        let channels = layer.outputShape.channels
        let gamma = layer.hasScale ? Array(parameters[..<channels]) : [Double](repeating: 1, count: channels)
        let beta = layer.hasCenter ? Array(parameters.suffix(channels)) : [Double](repeating: 0, count: channels)
        let rows = Double(input.count / channels)
        var result = input
        for channel in 0..<channels {
            let places = stride(from: channel, to: input.count, by: channels)
            let mean = places.reduce(0) { $0 + input[$1] } / rows
            let variance = places.reduce(0) { $0 + (input[$1] - mean) * (input[$1] - mean) } / rows
            for place in places {
                let normalized = (input[place] - mean) / (variance + Double(layer.epsilon)).squareRoot()
                let value = gamma[channel] * normalized + beta[channel]
                result[place] = layer.isRectified ? max(value, 0) : value
            }
        }
        return result
    }

    /// The gradients of `batchNormalization` with γ and β: of the inputs, and of γ and then β.
    static func batchNormalizationGradients(
        _ input: [Double], _ parameters: [Double], _ outputGradient: [Double], of layer: BatchNormalization
    ) -> (input: [Double], parameters: [Double]) {
        let (channels, output) = (layer.outputShape.channels, batchNormalization(input, parameters, of: layer))
        let rows = Double(input.count / channels)
        var (inputGradient, gamma, beta) = (input, [Double](), [Double]())
        for channel in 0..<channels {
            let places = stride(from: channel, to: input.count, by: channels)
            let mean = places.reduce(0) { $0 + input[$1] } / rows
            let variance = places.reduce(0) { $0 + (input[$1] - mean) * (input[$1] - mean) } / rows
            let inverse = 1 / (variance + Double(layer.epsilon)).squareRoot()
            let passed = { place in layer.isRectified && output[place] <= 0 ? 0 : outputGradient[place] }
            let sum = places.reduce(0) { $0 + passed($1) }
            let product = places.reduce(0) { $0 + passed($1) * (input[$1] - mean) * inverse }
            for place in places {
                let normalized = (input[place] - mean) * inverse
                inputGradient[place] =
                    parameters[channel] * inverse * (passed(place) - sum / rows - normalized * product / rows)
            }
            gamma.append(product)
            beta.append(sum)
        }
        return (inputGradient, gamma + beta)
    }
}
