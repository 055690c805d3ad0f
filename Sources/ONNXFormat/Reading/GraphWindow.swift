import Layers
import Tensors

/// A kernel or pooling window of a graph, and how it slides.
struct GraphWindow: Sendable {
    let extents: [Int]
    let strides: Extent2D
    let dilation: Extent2D
    /// Before each axis, and then behind each.
    private let explicitPads: [Int]
    private let automatic: String
    /// Whether the last window may lie over the end of the map.
    let mayEndOutside: Bool

    /// - Parameter extents: of the kernel.
    init(_ node: GraphNode, _ extents: [Int]) throws {
        self.extents = extents
        let told = try node.integers("kernel_shape") ?? extents
        let strides = try node.integers("strides") ?? Array(repeating: 1, count: extents.count)
        let dilations = try node.integers("dilations") ?? Array(repeating: 1, count: extents.count)
        explicitPads = try node.integers("pads") ?? Array(repeating: 0, count: 2 * extents.count)
        let range = 1...(1 << 20)
        guard told == extents, strides.count == extents.count, dilations.count == extents.count,
            (extents + strides + dilations).allSatisfy(range.contains), explicitPads.count == 2 * extents.count,
            explicitPads.allSatisfy((0...(1 << 20)).contains)
        else {
            throw node.unsupported(
                "its window is \(extents) (kernel_shape \(told)), its strides are \(strides), its dilations \(dilations) and its pads \(explicitPads)"
            )
        }
        func pair(_ values: [Int]) -> Extent2D { values.count == 2 ? Extent2D(values[0], values[1]) : Extent2D(1, 1) }
        (self.strides, dilation) = (pair(strides), pair(dilations))
        isPixel = (extents + strides).allSatisfy { $0 == 1 } && explicitPads.allSatisfy { $0 == 0 }
        automatic = try node.text("auto_pad", default: "NOTSET")
        mayEndOutside = try node.integer("ceil_mode") != 0
    }

    /// Whether it is one pixel that moves to the next.
    let isPixel: Bool

    var size: Extent2D { extents.count == 2 ? Extent2D(extents[0], extents[1]) : Extent2D(1, 1) }
    /// Pixels that the window spans.
    var reach: Extent2D {
        Extent2D((size.height - 1) * dilation.height + 1, (size.width - 1) * dilation.width + 1)
    }

    /// What is added around a map.
    struct Pads: Hashable {
        var top = 0
        var left = 0
        var bottom = 0
        var right = 0

        var isNone: Bool { self == Pads() }
    }

    func pads(of map: Shape, _ node: GraphNode) throws -> Pads {
        switch automatic {
        case "NOTSET", "":
            return Pads(
                top: explicitPads[0], left: explicitPads[1], bottom: explicitPads[2], right: explicitPads[3])
        case "VALID": return Pads()
        case "SAME_UPPER": return samePads(of: map)
        case "SAME_LOWER":
            let same = samePads(of: map)
            return Pads(top: same.bottom, left: same.right, bottom: same.top, right: same.left)
        default: throw node.unsupported("its auto_pad is \(automatic)")
        }
    }

    /// What Keras' `same` adds: the odd pixel at the end.
    func samePads(of map: Shape) -> Pads {
        func sides(_ extent: Int, _ reach: Int, _ stride: Int) -> (Int, Int) {
            let missing = max(0, ((extent + stride - 1) / stride - 1) * stride + reach - extent)
            return (missing / 2, missing - missing / 2)
        }
        let rows = sides(map.extents[0], reach.height, strides.height)
        let columns = sides(map.extents[1], reach.width, strides.width)
        return Pads(top: rows.0, left: columns.0, bottom: rows.1, right: columns.1)
    }

    /// How many windows there are along the axes of a map with its padding.
    func outputs(of map: Shape, _ pads: Pads) -> (rows: Int, columns: Int) {
        func count(_ extent: Int, before: Int, after: Int, _ reach: Int, _ stride: Int) -> Int {
            let room = extent + before + after - reach
            guard room >= 0 else { return 0 }
            let whole = room / stride + 1
            // A window that begins behind the map and its first padding is none.
            let isMore = mayEndOutside && room % stride > 0 && whole * stride < extent + before
            return isMore ? whole + 1 : whole
        }
        return (
            count(map.extents[0], before: pads.top, after: pads.bottom, reach.height, strides.height),
            count(map.extents[1], before: pads.left, after: pads.right, reach.width, strides.width)
        )
    }
}

/// How a transposed convolution of a graph is one of Keras: cut as `same` does it, or afterwards.
struct TransposedWindow {
    let padding: Padding
    let outputPadding: Extent2D?
    /// What is cut off afterwards; nil for nothing.
    let cropping: GraphWindow.Pads?

    init(_ node: GraphNode, _ window: GraphWindow, on map: Shape) throws {
        guard !node.has("output_shape") else { throw node.unsupported("it has an output_shape") }
        let more = try node.integers("output_padding") ?? [0, 0]
        guard more.count == 2, more.allSatisfy((0...(1 << 20)).contains) else {
            throw node.unsupported("its output_padding is \(more)")
        }
        let pads: GraphWindow.Pads
        let (strides, reach) = (window.strides, window.reach)
        let automatic = try node.text("auto_pad", default: "NOTSET")
        if ["SAME_UPPER", "SAME_LOWER"].contains(automatic) {
            // Each pixel becomes as many as the stride.
            let rows = reach.height - strides.height + more[0], columns = reach.width - strides.width + more[1]
            guard rows >= 0, columns >= 0 else {
                throw node.unsupported("its auto_pad is \(automatic), and its strides are larger than its kernel")
            }
            let upper = GraphWindow.Pads(
                top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2)
            pads =
                automatic == "SAME_UPPER"
                ? upper
                : GraphWindow.Pads(top: upper.bottom, left: upper.right, bottom: upper.top, right: upper.left)
        } else {
            pads = try window.pads(of: map, node)
        }
        let output = Extent2D(
            (map.extents[0] - 1) * strides.height + reach.height + more[0] - pads.top - pads.bottom,
            (map.extents[1] - 1) * strides.width + reach.width + more[1] - pads.left - pads.right)
        guard output.height > 0, output.width > 0 else { throw node.unsupported("its output has no pixels") }
        func axes(_ padding: Padding, _ outputPadding: Extent2D?) -> (rows: TransposedAxis, columns: TransposedAxis) {
            (
                TransposedAxis(
                    extent: map.extents[0], window: window.size.height, stride: strides.height, padding: padding,
                    outputPadding: outputPadding?.height, dilation: window.dilation.height),
                TransposedAxis(
                    extent: map.extents[1], window: window.size.width, stride: strides.width, padding: padding,
                    outputPadding: outputPadding?.width, dilation: window.dilation.width)
            )
        }
        for padding in [Padding.same, .valid] {
            for outputPadding in [nil] + Self.outputPaddings(strides) {
                let (rows, columns) = axes(padding, outputPadding)
                if rows.output == output.height, columns.output == output.width, rows.before == pads.top,
                    columns.before == pads.left
                {
                    (self.padding, self.outputPadding, cropping) = (padding, outputPadding, nil)
                    return
                }
            }
        }
        // The whole output, which is then cut.
        let outputPadding = Extent2D(min(more[0], strides.height - 1), min(more[1], strides.width - 1))
        let whole = axes(.valid, outputPadding)
        let cut = GraphWindow.Pads(
            top: pads.top, left: pads.left, bottom: whole.rows.output - pads.top - output.height,
            right: whole.columns.output - pads.left - output.width)
        guard cut.bottom >= 0, cut.right >= 0 else {
            throw node.unsupported("its output_padding is \(more), and its pads are larger than its kernel")
        }
        (padding, self.outputPadding, cropping) = (.valid, outputPadding, cut)
    }

    /// As many as Keras allows, of small strides.
    private static func outputPaddings(_ strides: Extent2D) -> [Extent2D?] {
        (0..<min(strides.height, 8)).flatMap { rows in
            (0..<min(strides.width, 8)).map { Extent2D(rows, $0) }
        }
    }
}
