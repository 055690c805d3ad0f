import Layers
import Tensors

/// One layer with memory of its own, run over one microbatch. All memory is guarded and starts as not-a-number.
struct LayerRun {
    let output: [Float]
    /// nil if it was not asked for.
    let inputGradient: [Float]?
    let parameterGradient: [Float]
    /// Whether nothing was written outside of what the layer owns.
    let isIntact: Bool

    /// Runs `layer` forward, and backward if there is an output gradient.
    ///
    /// - Parameter samples: numbers of the samples in the training set, for layers that draw random numbers.
    init(
        _ layer: some Layer, input: [Float], parameters: [Float] = [], outputGradient: [Float]? = nil,
        wantsInputGradient: Bool = true, isTraining: Bool = true, seed: UInt64 = 0, step: UInt32 = 0,
        samples: [UInt32]? = nil, count: Int
    ) {
        precondition(parameters.count == layer.trainableCount, "\(parameters.count) parameters")
        let memory = LayerMemory(layer, samples: count, inputCount: input.count)
        memory.input.values = input
        memory.parameters.values = parameters
        layer.prepare(memory.parameters.pointer, into: memory.prepared.pointer)
        var pass = memory.pass
        pass.isTraining = isTraining
        pass.random.seed = seed
        pass.random.step = step
        (output, inputGradient, parameterGradient) = (samples ?? (0..<UInt32(count)).map { $0 }).withUnsafeBufferPointer
        {
            pass.random.samples = $0.baseAddress
            layer.forward(pass)
            let output = memory.output.values
            guard let outputGradient else { return (output, nil, []) }
            memory.outputGradient.values = outputGradient
            // What the forward pass left in the workspace is not the backward pass's.
            memory.workspace.values = [Float](repeating: .nan, count: memory.workspace.count)
            pass.inputGradients = [wantsInputGradient ? memory.inputGradient.pointer : nil]
            layer.backward(pass)
            return (output, wantsInputGradient ? memory.inputGradient.values : nil, memory.parameterGradient.values)
        }
        isIntact = memory.isIntact && sameBits(memory.input.values, input)
    }
}

/// The memory that a layer needs for one microbatch.
final class LayerMemory {
    let input: GuardedBuffer
    let output: GuardedBuffer
    let kept: GuardedBuffer
    let parameters: GuardedBuffer
    let prepared: GuardedBuffer
    let workspace: GuardedBuffer
    let outputGradient: GuardedBuffer
    let inputGradient: GuardedBuffer
    let parameterGradient: GuardedBuffer
    private let samples: Int

    init(_ layer: some Layer, samples: Int, inputCount: Int) {
        self.samples = samples
        input = GuardedBuffer(count: inputCount)
        output = GuardedBuffer(count: samples * layer.outputShape.count)
        kept = GuardedBuffer(count: (samples * layer.keptBytes + 3) / 4)
        parameters = GuardedBuffer(count: layer.trainableCount)
        prepared = GuardedBuffer(count: layer.preparedCount)
        workspace = GuardedBuffer(count: layer.workspaceCount(samples: samples))
        outputGradient = GuardedBuffer(count: samples * layer.outputShape.count)
        inputGradient = GuardedBuffer(count: inputCount)
        parameterGradient = GuardedBuffer(count: layer.trainableCount)
    }

    /// A pass over all of it.
    var pass: LayerPass {
        var pass = LayerPass(placeholder: workspace.pointer)
        pass.samples = samples
        pass.inputs = [input.pointer]
        pass.output = output.pointer
        pass.kept = UnsafeMutableRawPointer(kept.pointer)
        pass.parameters = UnsafePointer(parameters.pointer)
        pass.prepared = UnsafePointer(prepared.pointer)
        pass.workspace = workspace.pointer
        pass.outputGradient = outputGradient.pointer
        pass.inputGradients = [inputGradient.pointer]
        pass.parameterGradient = parameterGradient.pointer
        return pass
    }

    var isIntact: Bool {
        [input, output, kept, parameters, prepared, workspace, outputGradient, inputGradient, parameterGradient]
            .allSatisfy(\.isIntact)
    }
}
