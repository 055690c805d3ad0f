import CKernels
import Layers
import Tensors

/// The speed of layers whose passes memory limits, not arithmetic: also of `bench --shapes`.
///
/// What a pass must read and write is compared with a plain loop that reads and writes as much
/// (`stream_scaled` in `peak.h`), once where both fit a second-level cache and once where neither fits any cache.
struct StreamBenchmark {
    /// Floats of a layer's inputs and outputs together that stay in a second-level cache, and of those that do not stay
    /// in any.
    private static let workingSets = [1 << 16, 1 << 24]

    /// One lane's speed, by one lane, while others rest.
    ///
    /// - Parameter patience: about how long each pass is repeated, in nanoseconds.
    static func reports(patience: Int) -> [StreamReport] {
        workingSets.flatMap { values in
            let bandwidth = bandwidth(values: values, patience: 4 * patience)
            return StreamedLayer.table.map { layer in
                let samples = max(1, values / layer.values)
                return report(layer, samples: samples, patience: patience, bandwidth: bandwidth)
            }
        }
    }

    /// Bytes a nanosecond of a loop that reads half of `values` floats and writes as many.
    private static func bandwidth(values: Int, patience: Int) -> Double {
        let (from, to) = (FloatBuffer(count: values / 2), FloatBuffer(count: values / 2))
        from.pointer.update(repeating: 1, count: from.count)
        to.pointer.update(repeating: 0, count: to.count)
        let time = FastestTime.nanoseconds(patience) { stream_scaled(from.pointer, from.count, to.pointer) }
        return Double(values * 4) / Double(max(1, time))
    }

    private static func report(
        _ streamed: StreamedLayer, samples: Int, patience: Int, bandwidth: Double
    ) -> StreamReport {
        let layer = streamed.layer
        let memory = PassMemory(layer, inputs: streamed.inputs, samples: samples)
        let sums = FloatBuffer(count: 2 * ((layer as? any SynchronizedLayer)?.sumCount ?? 0))
        let pass = memory.pass(wantsInputGradient: true)
        layer.prepare(FloatView(memory.parameters.view), into: memory.prepared.view)
        let forward = FastestTime.nanoseconds(patience) {
            if let layer = layer as? any SynchronizedLayer { layer.sumMoments(pass, into: sums.doubles) }
            layer.forward(pass)
        }
        let backward = FastestTime.nanoseconds(patience) {
            if let layer = layer as? any SynchronizedLayer { layer.sumGradients(pass, into: sums.doubles) }
            layer.backward(pass)
        }
        func rate(_ bytes: Int, _ nanoseconds: Int) -> StreamReport.Rate {
            let gigabytes = Double(samples * bytes) / Double(max(1, nanoseconds))
            return StreamReport.Rate(gigabytesPerSecond: gigabytes, bandwidthShare: gigabytes / bandwidth)
        }
        return StreamReport(
            layer: streamed.name, input: streamed.inputs[0].extents, samples: samples,
            bytes: samples * streamed.values * 4, bandwidth: bandwidth,
            forward: rate(streamed.forwardBytes, forward), backward: rate(streamed.backwardBytes, backward))
    }
}

extension FloatBuffer {
    /// The same memory for half as many doubles.
    fileprivate var doubles: MutableBufferView<Double> {
        let start = UnsafeMutableRawPointer(pointer).bindMemory(to: Double.self, capacity: count / 2)
        return MutableBufferView(start, count: count / 2)
    }
}

/// A layer whose passes memory limits.
struct StreamedLayer: Sendable {
    let name: String
    /// Of one sample.
    let inputs: [Shape]
    let layer: any Layer

    /// Values of a sample's inputs and output.
    var values: Int { inputValues + layer.outputShape.count }
    private var inputValues: Int { inputs.reduce(0) { $0 + $1.count } }

    /// Bytes that a sample's forward pass must read and write. A synchronised layer reads its input twice: all samples'
    /// moments come first.
    var forwardBytes: Int {
        let again = layer is any SynchronizedLayer ? inputValues : 0
        return 4 * (values + again) + layer.keptBytes
    }

    /// Bytes that a sample's backward pass must read and write: the output's gradient, what it reads of the forward pass,
    /// and the inputs' gradients; of a synchronised layer what its sums read, too.
    var backwardBytes: Int {
        let read = layer.valuesReadBackward(rectifiesInputGradient: false, isOutputGradientRectified: false)
        let isSynchronized = layer is any SynchronizedLayer
        let reads =
            layer.outputShape.count + (read.inputs || isSynchronized ? inputValues : 0)
            + (read.output && !isSynchronized ? layer.outputShape.count : 0)
        return 4 * (reads * (isSynchronized ? 2 : 1) + inputValues) + layer.keptBytes
    }

    static let table: [StreamedLayer] = [(8, 256), (13, 64), (21, 32), (32, 16)].flatMap { side, channels in
        let map: Shape = [side, side, channels]
        let window = Extent2D(2, 2), three = Extent2D(3, 3), one = Extent2D(1, 1)
        let layers: [(String, Int, any Layer)] = [
            ("relu", 1, ActivationLayer(name: "relu", inputShape: map, function: .relu)),
            ("add", 2, Add(name: "add", inputShape: map)),
            ("add, relu", 2, Add(name: "add", inputShape: map, isRectified: true)),
            ("batch normalisation", 1, BatchNormalization(name: "bn", inputShape: map)),
            ("batch normalisation, relu", 1, BatchNormalization(name: "bn", inputShape: map, isRectified: true)),
            ("dropout", 1, Dropout(name: "dropout", inputShape: map, rate: 0.25, layerNumber: 1)),
            ("max pooling 2×2/2", 1, MaxPooling2D(name: "pool", inputShape: map, poolSize: window, strides: window)),
            (
                "max pooling 3×3 same", 1,
                MaxPooling2D(name: "pool", inputShape: map, poolSize: three, strides: one, padding: .same)
            ),
            (
                "average pooling 2×2/2", 1,
                AveragePooling2D(name: "pool", inputShape: map, poolSize: window, strides: window)
            ),
            ("global average", 1, GlobalPooling2D(name: "mean", inputShape: map, statistic: .mean)),
            (
                "depthwise 3×3 same", 1,
                DepthwiseConvolution2D(name: "depthwise", inputShape: map, kernelSize: three, padding: .same)
            ),
            (
                "conv 1×1 to 1", 1,
                Convolution2D(name: "conv", inputShape: map, filters: 1, kernelSize: one)
            ),
        ]
        return layers.map { StreamedLayer(name: $0, inputs: Array(repeating: map, count: $1), layer: $2) }
    }
}
