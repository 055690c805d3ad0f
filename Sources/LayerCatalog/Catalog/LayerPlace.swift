import Faults
import Layers
import Tensors

/// Where a layer stands in a network that is being built: what feeds it, and the checks that several kinds share.
public struct LayerPlace: Sendable {
    /// The layer's name.
    public let layer: String
    /// The network's name, for messages.
    public let network: String
    /// The names of the layers that feed this one.
    public let inputs: [String]
    /// The shapes that they give.
    public let inputShapes: [Shape]
    /// How many nodes come before this layer in the network: what a layer's random numbers are a function of.
    public let number: Int

    public init(layer: String, network: String, inputs: [String], inputShapes: [Shape], number: Int) {
        self.layer = layer
        self.network = network
        self.inputs = inputs
        self.inputShapes = inputShapes
        self.number = number
    }

    /// A fault of this layer.
    public func fault(_ problem: String, remedy: String) -> Fault {
        Fault(.badData, "layer \(layer) of \(network)", problem, remedy: remedy)
    }

    // MARK: Inputs

    /// The shape of the layer's only input.
    ///
    /// - Throws: a fault when it has none or several.
    public func inputShape() throws -> Shape {
        guard inputShapes.count == 1 else {
            throw fault("it has \(inputShapes.count) inputs", remedy: "feed it one layer")
        }
        return inputShapes[0]
    }

    /// The shape (height, width, channels) of the layer's only input.
    ///
    /// - Throws: a fault when it has none or several, or another number of axes.
    public func mapShape() throws -> Shape {
        let shape = try inputShape()
        guard shape.extents.count == 3 else {
            throw fault("its input has shape \(shape)", remedy: "put it before the Flatten layer, on maps")
        }
        return shape
    }

    /// The shapes of two or more inputs; one layer may stand twice.
    ///
    /// - Throws: a fault when there are fewer.
    public func mergedShapes() throws -> [Shape] {
        guard inputShapes.count >= 2 else {
            throw fault("it has \(inputShapes.count) inputs", remedy: "feed it at least two layers")
        }
        return inputShapes
    }

    /// The shapes of two or more inputs that can be broadcast to one.
    ///
    /// - Throws: a fault when there are fewer, or they do not fit.
    public func broadcastShapes() throws -> [Shape] {
        let shapes = try mergedShapes()
        guard let shape = Merge.shape(of: shapes) else {
            throw fault(
                "its inputs have the shapes \(shapeList)",
                remedy: "feed it outputs of one shape, or with extents of 1 in place of others")
        }
        try checkSizes([shape.extents])
        return shapes
    }

    /// The shapes of all inputs, for messages.
    public var shapeList: String { inputShapes.map(\.description).joined(separator: ", ") }

    /// Axes as Keras counts them, from 1 for the first of a sample or from −1 backwards, as those of the layer's only
    /// input counted from 0, in rising order.
    ///
    /// - Throws: a fault for an axis that is not there, or none, or one that stands twice.
    public func sampleAxes(_ axes: [Int]) throws -> [Int] {
        let shape = try inputShape()
        let count = shape.extents.count
        let found = axes.map { $0 > 0 ? $0 - 1 : $0 < 0 ? count + $0 : -1 }.sorted()
        guard !found.isEmpty, Set(found).count == found.count, found.allSatisfy((0..<count).contains) else {
            throw fault(
                "its axes are \(axes), and its input has shape \(shape)",
                remedy: "use axes from 1 to \(count), or from -1 to -\(count)")
        }
        return found
    }

    // MARK: Checks

    /// Checks the share of values that a layer drops.
    ///
    /// - Throws: a fault for a share that is not from 0 up to 1.
    public func check(rate: Float) throws {
        guard rate >= 0, rate < 1 else {
            throw fault("its rate is \(rate)", remedy: "use a rate from 0 up to, but not including, 1")
        }
    }

    /// Checks what is added to a variance.
    ///
    /// - Throws: a fault for a number that is not positive.
    public func check(epsilon: Float) throws {
        guard epsilon > 0, epsilon.isFinite else {
            throw fault("its epsilon is \(epsilon)", remedy: "use a positive number")
        }
    }

    /// Checks numbers of rows and columns at the sides of a map.
    ///
    /// - Parameter name: what messages call them.
    /// - Throws: a fault for negative ones, and for more than any memory holds.
    public func checkSides(_ sides: Int..., name: String) throws {
        guard sides.allSatisfy({ $0 >= 0 }) else { throw fault("its \(name) is negative", remedy: "use at least 0") }
        try checkSizes(sides.map { [$0, 1] })
    }

    /// Refuses sizes that no memory holds, before a product of them overflows.
    ///
    /// - Parameter products: factors of each number of values that the layer will ask for.
    /// - Throws: a fault when one of the products is larger than 2³³.
    public func checkSizes(_ products: [[Int]]) throws {
        for factors in products {
            var product = 1
            for factor in factors {
                let (next, overflow) = product.multipliedReportingOverflow(by: max(factor, 1))
                guard !overflow, next <= 1 << 33 else {
                    throw fault("it is larger than any memory", remedy: "use fewer or smaller filters or units")
                }
                product = next
            }
        }
    }

    /// Checks that a window can slide over a map.
    ///
    /// - Parameter dilation: pixels from one position of the window to the next.
    /// - Throws: a fault for extents that are not positive, that no memory holds, or that no whole window fits in.
    public func checkWindow(
        _ window: Extent2D, strides: Extent2D, padding: Padding, dilation: Extent2D = Extent2D(1, 1), on map: Shape
    ) throws {
        guard window.height > 0, window.width > 0, strides.height > 0, strides.width > 0 else {
            throw fault("its window or strides are not positive", remedy: "use at least 1")
        }
        guard dilation.height > 0, dilation.width > 0 else {
            throw fault("its dilation rate is not positive", remedy: "use at least 1")
        }
        try checkSizes([
            [window.height, dilation.height, 1 << 12], [window.width, dilation.width, 1 << 12], [strides.height, 1],
            [strides.width, 1],
        ])
        let (height, width) = (map.extents[0], map.extents[1])
        let spanned = Extent2D((window.height - 1) * dilation.height + 1, (window.width - 1) * dilation.width + 1)
        guard padding == .same || (spanned.height <= height && spanned.width <= width) else {
            throw fault(
                "its \(spanned.height)×\(spanned.width) window is larger than its \(height)×\(width) map",
                remedy: "use larger stamps or a smaller network")
        }
    }

    /// Checks that an activation's factors are numbers that a file can hold, and that the function is one.
    ///
    /// - Throws: a fault for a slope or α that is infinite or not a number, and for a limit that is negative.
    public func check(_ activation: ActivationFunction) throws {
        switch activation {
        case .leakyReLU(let factor), .elu(let factor):
            guard factor.isFinite else {
                throw fault("its activation has the factor \(factor)", remedy: "use a finite number")
            }
        case .celu(let factor):
            guard factor.isFinite, factor != 0 else {
                throw fault("its activation has the factor \(factor)", remedy: "use a finite number other than 0")
            }
        case .softShrink(let limit), .hardShrink(let limit), .squareplus(let limit):
            guard limit.isFinite, limit >= 0 else {
                throw fault("its activation has the limit \(limit)", remedy: "use a finite number of at least 0")
            }
        case .boundedReLU(let maximum, let slope, let threshold):
            for limit in [maximum ?? 0, slope, threshold] {
                guard limit.isFinite, limit >= 0 else {
                    throw fault(
                        "its ReLU has a maximum, slope or threshold of \(limit)",
                        remedy: "use finite numbers of at least 0")
                }
            }
        case .linear, .relu, .sigmoid, .softmax, .tanh, .gelu, .silu, .hardSigmoid, .hardSilu, .softplus, .softsign,
            .selu, .mish, .exponential, .logSigmoid, .logSoftmax, .hardTanh, .tanhShrink, .sparsePlus, .sparseSigmoid:
            return
        }
    }
}
