import Layers
import NumericTestSupport
import Tensors

/// One layer with memory of its own, run over one microbatch. All memory is guarded and starts as not-a-number.
struct LayerRun {
    let output: [Float]
    /// One for each input; nil if it was not asked for.
    let inputGradients: [[Float]?]
    let parameterGradient: [Float]
    /// Whether nothing was written outside of what the layer owns.
    let isIntact: Bool

    /// The gradient of the first input.
    var inputGradient: [Float]? { inputGradients.first ?? nil }

    /// Runs `layer` forward, and backward if there is an output gradient.
    ///
    /// - Parameter samples: numbers of the samples in the training set, for layers that draw random numbers.
    init(
        _ layer: some Layer, input: [Float], parameters: [Float] = [], outputGradient: [Float]? = nil,
        wantsInputGradient: Bool = true, needsParameterGradient: Bool = true, isTraining: Bool = true,
        seed: UInt64 = 0, step: UInt32 = 0,
        samples: [UInt32]? = nil, count: Int
    ) {
        self.init(
            layer, inputs: [input], parameters: parameters, outputGradient: outputGradient,
            wantsInputGradients: [wantsInputGradient], needsParameterGradient: needsParameterGradient,
            isTraining: isTraining, seed: seed, step: step, samples: samples, count: count)
    }

    /// The same for a layer with any number of inputs.
    init(
        _ layer: some Layer, inputs: [[Float]], parameters: [Float] = [], state: [Float] = [],
        outputGradient: [Float]? = nil,
        wantsInputGradients: [Bool], needsParameterGradient: Bool = true, isTraining: Bool = true, seed: UInt64 = 0,
        step: UInt32 = 0,
        samples: [UInt32]? = nil, count: Int
    ) {
        precondition(parameters.count == layer.trainableCount, "\(parameters.count) parameters")
        let memory = LayerMemory(layer, samples: count, inputCounts: inputs.map(\.count))
        for (buffer, input) in zip(memory.inputs, inputs) { buffer.values = input }
        memory.parameters.values = parameters
        layer.prepare(FloatView(memory.parameters.view), into: memory.prepared.view)
        let untrained = GuardedBuffer(state)
        (layer as? any StatefulLayer)?.prepare(state: FloatView(untrained.view), into: memory.prepared.view)
        var pass = memory.pass
        pass.drawsAtRandom = isTraining
        pass.batchSamples = count
        pass.needsParameterGradient = needsParameterGradient
        pass.random.seed = seed
        pass.random.step = step
        (output, inputGradients, parameterGradient) = (samples ?? (0..<UInt32(count)).map { $0 })
            .withUnsafeBufferPointer {
                pass.random.samples = $0.baseAddress
                layer.forward(pass)
                let output = memory.output.values
                guard let outputGradient else { return (output, [], []) }
                memory.outputGradient.values = outputGradient
                // What the forward pass left in the workspace is not the backward pass's.
                memory.workspace.values = [Float](repeating: .nan, count: memory.workspace.count)
                pass.inputGradients = zip(memory.inputGradients, wantsInputGradients).map { $1 ? $0.view : nil }
                layer.backward(pass)
                let gradients = zip(memory.inputGradients, wantsInputGradients).map { $1 ? $0.values : nil }
                return (output, gradients, memory.parameterGradient.values)
            }
        isIntact =
            memory.isIntact && zip(memory.inputs, inputs).allSatisfy { sameBits($0.values, $1) }
            && sameBits(untrained.values, state)
    }
}

/// The memory that a layer needs for one microbatch.
final class LayerMemory {
    let inputs: [GuardedBuffer]
    let output: GuardedBuffer
    let kept: GuardedBuffer
    let parameters: GuardedBuffer
    let prepared: GuardedBuffer
    let workspace: GuardedBuffer
    let outputGradient: GuardedBuffer
    let inputGradients: [GuardedBuffer]
    let parameterGradient: GuardedBuffer
    private let samples: Int
    private let keptBytes: Int

    /// What a layer with one input reads and where its gradient goes.
    var input: GuardedBuffer { inputs[0] }
    var inputGradient: GuardedBuffer { inputGradients[0] }

    convenience init(_ layer: some Layer, samples: Int, inputCount: Int) {
        self.init(layer, samples: samples, inputCounts: [inputCount])
    }

    init(_ layer: some Layer, samples: Int, inputCounts: [Int]) {
        self.samples = samples
        keptBytes = samples * layer.keptBytes
        inputs = inputCounts.map { GuardedBuffer(count: $0) }
        output = GuardedBuffer(count: samples * layer.outputShape.count)
        kept = GuardedBuffer(count: (keptBytes + 3) / 4)
        parameters = GuardedBuffer(count: layer.trainableCount)
        prepared = GuardedBuffer(count: layer.preparedCount)
        workspace = GuardedBuffer(count: layer.workspaceCount(samples: samples))
        outputGradient = GuardedBuffer(count: samples * layer.outputShape.count)
        inputGradients = inputCounts.map { GuardedBuffer(count: $0) }
        parameterGradient = GuardedBuffer(count: layer.trainableCount)
    }

    /// A pass over all of it, within its bounds.
    var pass: LayerPass {
        var pass = LayerPass(workspace: workspace.view)
        pass.samples = samples
        pass.inputs = inputs.map { FloatView($0.view) }
        pass.output = output.view
        pass.kept = MutableBufferView(bytes: kept.view).slice(keptBytes)
        pass.parameters = FloatView(parameters.view)
        pass.prepared = FloatView(prepared.view)
        pass.outputGradient = outputGradient.view
        pass.inputGradients = inputGradients.map(\.view)
        pass.parameterGradient = parameterGradient.view
        return pass
    }

    /// Lets a synchronised layer use moving statistics: mean, then variance.
    func useMovingStatistics(_ state: [Float], parameters values: [Float], of layer: some SynchronizedLayer) {
        parameters.values = values
        let state = GuardedBuffer(state)
        withExtendedLifetime(state) {
            layer.useMovingStatistics(
                FloatView(state.view), parameters: FloatView(parameters.view), prepared: prepared.view)
        }
    }

    var isIntact: Bool {
        let buffers =
            [output, kept, parameters, prepared, workspace, outputGradient, parameterGradient] + inputs + inputGradients
        return buffers.allSatisfy(\.isIntact)
    }
}
