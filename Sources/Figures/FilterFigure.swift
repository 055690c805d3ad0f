import Faults

/// What the units of a network's first layer look for in a stamp: their weights as images.
public struct FilterFigure: Sendable {
    /// The most images that are shown.
    public static let mostImages = 64

    private let layer: String
    private let height: Int
    private let width: Int
    private let images: [Float]
    private let total: Int
    private let channels: [String]

    /// - Parameters:
    ///   - layer: the layer's name.
    ///   - height, width: of an image.
    ///   - images: the first `total` images or fewer, (image, height, width); at least one.
    ///   - total: how many there are.
    ///   - channels: the names of the channels that each unit has an image of, one after another; empty where images
    ///     only have numbers.
    public init(layer: String, height: Int, width: Int, images: [Float], total: Int, channels: [String] = []) {
        precondition(!images.isEmpty && images.count % (height * width) == 0, "\(images.count) weights are no images")
        (self.layer, self.height, self.width) = (layer, height, width)
        (self.images, self.total, self.channels) = (images, total, channels)
    }

    /// The figure.
    public var plot: Plot {
        // All channels of a unit, or none.
        let most = channels.count > 1 ? max(1, Self.mostImages / channels.count) * channels.count : Self.mostImages
        let stack = ImageStack(height: height, width: width, pixels: Array(images.prefix(most * height * width)))
        let columns = columns(stack.count)
        let rows = stride(from: 0, to: stack.count, by: columns).map { Array($0..<min($0 + columns, stack.count)) }
        let grid = ImageGrid(
            name: "filters", images: stack, headings: (0..<stack.count).map(heading), rows: rows,
            colours: .signed(label: "weight"), imageWidth: 68, headingHeight: 22, hasAxes: false)
        let per = max(1, channels.count), (count, all) = (stack.count / per, total / per)
        let shown = count == all ? "\(all)" : "first \(count) of \(all)"
        return Plot(
            name: "filters", title: "First-layer filters",
            description:
                "The \(shown) filters of the layer \(layer), \(height)×\(width) weights each"
                + (channels.isEmpty ? "" : " for each of the channels \(names.joined(separator: ", "))")
                + ", on one scale: positive weights are red, negative ones blue.",
            table: table(stack), images: stack, size: grid.size, commands: grid.commands)
    }

    private var names: [String] { channels.map(\.printable) }

    /// Images in a row: whole units.
    private func columns(_ count: Int) -> Int {
        if channels.count > 1 { return max(1, min(count, 9) / channels.count) * channels.count }
        return count <= 8 ? count : (count <= 32 ? 8 : 10)
    }

    private func heading(_ image: Int) -> ImageGrid.Heading {
        guard !channels.isEmpty else { return ImageGrid.Heading(text: "\"\(image)\"") }
        let (unit, channel) = image.quotientAndRemainder(dividingBy: channels.count)
        return ImageGrid.Heading(text: "'\(unit) \(ClassLabels.escaped(String(names[channel].prefix(8))))'")
    }

    private func table(_ stack: ImageStack) -> Table {
        let isNamed = !channels.isEmpty
        var table =
            isNamed
            ? Table("image", "unit", "channel", "minimum", "maximum", "norm")
            : Table("image", "minimum", "maximum", "norm")
        for image in 0..<stack.count {
            let weights = stack.pixels(of: image)
            let norm = weights.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            if isNamed {
                table.append(
                    image, image / channels.count, names[image % channels.count], weights.min()!, weights.max()!, norm)
            } else {
                table.append(image, weights.min()!, weights.max()!, norm)
            }
        }
        return table
    }
}
