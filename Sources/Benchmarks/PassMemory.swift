import Layers
import Tensors

/// The memory that a layer's passes over one microbatch need.
final class PassMemory {
    let parameters, prepared: FloatBuffer
    private let output, outputGradient, parameterGradient, workspace, kept: FloatBuffer
    private let inputs, inputGradients: [FloatBuffer]
    private let numbers: UnsafeMutablePointer<UInt32>
    private let samples: Int

    init(_ layer: any Layer, inputs shapes: [Shape], samples: Int) {
        self.samples = samples
        /// Numbers between −1 and 1 that differ from one to the next.
        func filled(_ count: Int) -> FloatBuffer {
            let buffer = FloatBuffer(count: count), period = 2003
            for index in 0..<min(count, period) { buffer.pointer[index] = Float(index * 7919 % period) / 1001 - 1 }
            for start in stride(from: period, to: count, by: period) {
                (buffer.pointer + start).update(from: buffer.pointer, count: min(period, count - start))
            }
            return buffer
        }
        parameters = filled(layer.trainableCount)
        prepared = FloatBuffer(count: layer.preparedCount)
        inputs = shapes.map { filled(samples * $0.count) }
        inputGradients = shapes.map { FloatBuffer(count: samples * $0.count) }
        output = FloatBuffer(count: samples * layer.outputShape.count)
        outputGradient = filled(samples * layer.outputShape.count)
        parameterGradient = FloatBuffer(count: layer.trainableCount)
        workspace = FloatBuffer(count: layer.workspaceCount(samples: samples))
        kept = FloatBuffer(count: (samples * layer.keptBytes + 3) / 4)
        numbers = .allocate(capacity: samples)
        for sample in 0..<samples { numbers[sample] = UInt32(sample) }
    }

    deinit { numbers.deallocate() }

    func pass(wantsInputGradient: Bool) -> LayerPass {
        var pass = LayerPass(workspace: workspace.view)
        pass.samples = samples
        pass.inputs = inputs.map { FloatView($0.view) }
        pass.output = output.view
        pass.kept = MutableBufferView(bytes: kept.view)
        pass.parameters = FloatView(parameters.view)
        pass.prepared = FloatView(prepared.view)
        pass.outputGradient = outputGradient.view
        pass.inputGradients = inputGradients.map { wantsInputGradient ? $0.view : nil }
        pass.parameterGradient = parameterGradient.view
        pass.drawsAtRandom = true
        pass.random.samples = UnsafePointer(numbers)
        return pass
    }
}
