import Layers

/// The layers' forward passes written down plainly, in double precision: what the gradients of the real ones are tested with.
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
        let count: Int
        let before: Int

        init(_ extent: Int, _ window: Int, _ stride: Int, _ padding: Padding) {
            (self.extent, self.window, self.stride) = (extent, window, stride)
            switch padding {
            case .valid:
                count = (extent - window + stride) / stride
                before = 0
            case .same:
                count = Int((Double(extent) / Double(stride)).rounded(.up))
                before = max((count - 1) * stride + window - extent, 0) / 2
            }
        }

        /// The pixels that window `number` covers on the map, with their places in the window.
        func pixels(_ number: Int) -> [(pixel: Int, place: Int)] {
            (0..<window).compactMap { place in
                let pixel = number * stride - before + place
                return pixel >= 0 && pixel < extent ? (pixel, place) : nil
            }
        }
    }

    /// The definition of `Convolution2D`; parameters are kernel, then bias.
    static func convolution2D(
        _ input: [Double], _ parameters: [Double], of layer: Convolution2D, samples: Int
    ) -> [Double] {
        let (width, channels) = (layer.inputShape.extents[1], layer.inputShape.extents[2])
        let filters = layer.outputShape.extents[2]
        let rows = Windows(layer.inputShape.extents[0], layer.kernelSize.height, layer.strides.height, layer.padding)
        let columns = Windows(width, layer.kernelSize.width, layer.strides.width, layer.padding)
        let kernelCount = layer.kernelSize.height * layer.kernelSize.width * channels * filters
        let bias = layer.hasBias ? Array(parameters[kernelCount...]) : [Double](repeating: 0, count: filters)
        var result: [Double] = []
        for sample in 0..<samples {
            for oh in 0..<rows.count {
                for ow in 0..<columns.count {
                    var sums = bias
                    for (h, i) in rows.pixels(oh) {
                        for (w, j) in columns.pixels(ow) {
                            let x = ((sample * rows.extent + h) * width + w) * channels
                            let k = (i * layer.kernelSize.width + j) * channels
                            for c in 0..<channels {
                                for n in 0..<filters { sums[n] += input[x + c] * parameters[(k + c) * filters + n] }
                            }
                        }
                    }
                    result += layer.isRectified ? sums.map { max($0, 0) } : sums
                }
            }
        }
        return result
    }

    /// The definition of `MaxPooling2D`.
    static func maxPooling2D(
        _ input: [Double], inputShape: [Int], poolSize: Extent2D, strides: Extent2D, padding: Padding, samples: Int
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
                        result.append(values.max()!)
                    }
                }
            }
        }
        return result
    }

    /// The definition of `BatchNormalization` in training, over all rows at once; parameters are gamma, then beta.
    static func batchNormalization(_ input: [Double], _ parameters: [Double], channels: Int, epsilon: Double)
        -> [Double]
    {
        let rows = Double(input.count / channels)
        var result = input
        for channel in 0..<channels {
            let places = stride(from: channel, to: input.count, by: channels)
            let mean = places.reduce(0) { $0 + input[$1] } / rows
            let variance = places.reduce(0) { $0 + (input[$1] - mean) * (input[$1] - mean) } / rows
            for place in places {
                result[place] =
                    parameters[channel] * (input[place] - mean) / (variance + epsilon).squareRoot()
                    + parameters[channels + channel]
            }
        }
        return result
    }
}
