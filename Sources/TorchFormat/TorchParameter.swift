import Faults
import LayerCatalog
import Models

/// A parameter as torch has it: its key in the state dict, its shape, and the order of its values.
struct TorchParameter {
    /// The layer, which is called as torchvision's module.
    let module: String
    /// The key without a prefix.
    let name: String
    /// Convolution kernels are (out, in, height, width), matrices (out, in).
    let shape: [Int]
    /// Whether it is the last of a batch normalisation's.
    let isLastOfNormalization: Bool
    /// Height · width of a kernel's window (1 for a matrix), and how many values go in and out; nil for vectors.
    private let layout: (window: Int, inputs: Int, outputs: Int)?

    private static let names = [
        "kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias", "moving_mean": "running_mean",
        "moving_variance": "running_var",
    ]

    init(_ parameter: Network.Parameter, of network: Network) throws {
        let parts = parameter.name.split(separator: "/").map(String.init)
        guard parts.count == 2, let own = Self.names[parts[1]] else {
            throw Fault(
                .badData, parameter.name, "is no parameter that torchvision's networks have",
                remedy: "exchange the network as .keras or .onnx")
        }
        module = parts[0]
        name = "\(module).\(own)"
        isLastOfNormalization = parts[1] == "moving_variance"
        let extents = parameter.shape.extents
        switch extents.count {
        case 4:
            shape = [extents[3], extents[2], extents[0], extents[1]]
            layout = (extents[0] * extents[1], extents[2], extents[3])
        case 2:
            shape = [extents[1], extents[0]]
            layout = (1, extents[0], extents[1])
        default:
            shape = extents
            layout = nil
        }
    }

    /// Values in Keras' order, (height, width, in, out), as torch has them.
    func torch(_ values: [Float]) -> [Float] {
        guard let layout else { return values }
        return WeightLayout.channelsFirst(
            values, window: layout.window, inputs: layout.inputs, outputs: layout.outputs)
    }

    /// The other way round.
    func own(_ values: [Float]) -> [Float] {
        guard let layout else { return values }
        return WeightLayout.channelsLast(
            values, window: layout.window, inputs: layout.inputs, outputs: layout.outputs)
    }
}
