import Tensors

/// The axes of each sample in another order. Results equal `keras.layers.Permute`.
public struct Permute: Layer {
    public let name: String
    public let outputShape: Shape
    /// For each axis of the output: its extent, and how far the input's place moves along it.
    private let axes: [(extent: Int, step: Int)]

    /// - Parameter order: for each axis of the output, counted from 0, the axis of the input that it is.
    public init(name: String, inputShape: Shape, order: [Int]) {
        precondition(order.sorted() == Array(inputShape.extents.indices), "\(name): \(order) is no order of its axes")
        self.name = name
        outputShape = Shape(order.map { inputShape.extents[$0] })
        axes = order.map { axis in
            (inputShape.extents[axis], inputShape.extents[(axis + 1)...].reduce(1, *))
        }
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        reorder(pass.inputs[0].pointer(count), samples: pass.samples, into: pass.output.pointer(count))
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        restore(pass.outputGradient.pointer(count), samples: pass.samples, into: inputGradient.pointer(count))
    }

    /// Writes samples with their axes in the new order.
    func reorder(_ values: UnsafePointer<Float>, samples: Int, into target: UnsafeMutablePointer<Float>) {
        for sample in 0..<samples {
            let place = sample * outputShape.count
            let (input, output) = (values + place, target + place)
            eachRun { from, to, length, step in
                for index in 0..<length { output[to + index] = input[from + index * step] }
            }
        }
    }

    /// Writes samples whose axes are in the new order with those of the input again.
    func restore(_ values: UnsafePointer<Float>, samples: Int, into target: UnsafeMutablePointer<Float>) {
        for sample in 0..<samples {
            let place = sample * outputShape.count
            let (moved, input) = (values + place, target + place)
            eachRun { from, to, length, step in
                for index in 0..<length { input[from + index * step] = moved[to + index] }
            }
        }
    }

    /// The values along the output's last axis, run after run: where they start in the input and in the output, how
    /// many there are, and how far apart they stand in the input.
    private func eachRun(_ body: (_ from: Int, _ to: Int, _ length: Int, _ step: Int) -> Void) {
        let (length, step) = axes[axes.count - 1]
        for run in 0..<outputShape.count / length {
            var (rest, from) = (run, 0)
            for axis in axes.dropLast().reversed() {
                from += rest % axis.extent * axis.step
                rest /= axis.extent
            }
            body(from, run * length, length, step)
        }
    }
}
