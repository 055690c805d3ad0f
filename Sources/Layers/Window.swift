/// A height and a width: of a kernel, a pooling window or strides.
public struct Extent2D: Hashable, Sendable, Codable {
    public let height: Int
    public let width: Int

    public init(_ height: Int, _ width: Int) {
        self.height = height
        self.width = width
    }
}

/// Whether maps are surrounded by padding before windows slide over them, as Keras means it.
public enum Padding: String, Hashable, Sendable, Codable {
    /// No padding: only whole windows.
    case valid
    /// ⌈extent / stride⌉ windows; what is missing is padded, the odd pixel at the end.
    case same
}

/// How windows slide along one axis of a map.
struct Axis: Hashable, Sendable {
    let extent: Int
    let window: Int
    let stride: Int
    /// Pixels from one position of the window to the next.
    let dilation: Int
    /// How many windows there are.
    let output: Int
    /// Padding before the first pixel.
    let before: Int

    init(extent: Int, window: Int, stride: Int, padding: Padding, dilation: Int = 1) {
        let reach = Self.reach(window, dilation)
        switch padding {
        case .valid:
            self.init(
                extent: extent, window: window, stride: stride, dilation: dilation,
                output: extent < reach ? 0 : (extent - reach) / stride + 1, before: 0)
        case .same:
            let output = (extent + stride - 1) / stride
            self.init(
                extent: extent, window: window, stride: stride, dilation: dilation, output: output,
                before: max(0, (output - 1) * stride + reach - extent) / 2)
        }
    }

    /// Windows of which number and padding are given, whether or not the last ones lie on the map.
    init(extent: Int, window: Int, stride: Int, dilation: Int, output: Int, before: Int) {
        self.extent = extent
        self.window = window
        self.stride = stride
        self.dilation = dilation
        self.output = output
        self.before = before
    }

    /// The same windows over the pixels without the padding before and behind them; nil if there is padding already, or
    /// if a window would lie on padding alone.
    func padded(before: Int, behind: Int) -> Axis? {
        let axis = Axis(
            extent: extent - before - behind, window: window, stride: stride, dilation: dilation, output: output,
            before: before)
        guard self.before == 0, reach + (output - 1) * stride <= extent,
            (0..<output).allSatisfy({ !axis.tapsOnMap(of: $0).isEmpty })
        else { return nil }
        return axis
    }

    /// Pixels that a window spans.
    var reach: Int { Self.reach(window, dilation) }
    private static func reach(_ window: Int, _ dilation: Int) -> Int { (window - 1) * dilation + 1 }

    /// Pixels from the first window's start to the last one's end, and at least the map.
    var padded: Int { max((output - 1) * stride + reach, before + extent) }

    /// The positions of a window that lie on the map, for one output.
    func tapsOnMap(of output: Int) -> Range<Int> {
        let start = output * stride - before
        let first = max(0, (dilation - 1 - start) / dilation)
        let end = start < extent ? (extent - 1 - start) / dilation + 1 : 0
        return first..<max(first, min(window, end))
    }

    /// Positions of all windows that lie on the map.
    var tapsOnMap: Int { (0..<output).reduce(0) { $0 + tapsOnMap(of: $1).count } }

    /// The outputs for which one position of the window lies on the map.
    func outputsOnMap(tap: Int) -> Range<Int> {
        let first = max(0, (before - tap * dilation + stride - 1) / stride)
        let reach = extent - 1 + before - tap * dilation
        guard reach >= 0 else { return 0..<0 }
        return first..<max(first, min(output, reach / stride + 1))
    }
}
