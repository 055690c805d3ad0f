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
    /// How many windows there are.
    let output: Int
    /// Padding before the first pixel.
    let before: Int

    init(extent: Int, window: Int, stride: Int, padding: Padding) {
        self.extent = extent
        self.window = window
        self.stride = stride
        switch padding {
        case .valid:
            output = extent < window ? 0 : (extent - window) / stride + 1
            before = 0
        case .same:
            output = (extent + stride - 1) / stride
            before = max(0, (output - 1) * stride + window - extent) / 2
        }
    }

    /// Pixels from the first window's start to the last one's end, and at least the map.
    var padded: Int { max((output - 1) * stride + window, before + extent) }

    /// The extent of the spread output gradient in which every padded pixel sees a whole window.
    var spread: Int { padded + window - 1 }
}
