/// What the units of a network's first layer look for in a stamp: their weights as images.
public struct FilterFigure: Sendable {
    /// The most images that are shown.
    public static let mostImages = 64

    private let layer: String
    private let height: Int
    private let width: Int
    private let images: [Float]
    private let total: Int

    /// - Parameters:
    ///   - layer: the layer's name.
    ///   - height, width: of an image.
    ///   - images: the first `total` images or fewer, (image, height, width); at least one.
    ///   - total: how many there are.
    public init(layer: String, height: Int, width: Int, images: [Float], total: Int) {
        precondition(!images.isEmpty && images.count % (height * width) == 0, "\(images.count) weights are no images")
        (self.layer, self.height, self.width) = (layer, height, width)
        (self.images, self.total) = (images, total)
    }

    /// The figure.
    public var plot: Plot {
        let stack = ImageStack(
            height: height, width: width, pixels: Array(images.prefix(Self.mostImages * height * width)))
        var table = Table("image", "minimum", "maximum", "norm")
        for image in 0..<stack.count {
            let weights = stack.pixels(of: image)
            let norm = weights.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            table.append(image, weights.min()!, weights.max()!, norm)
        }
        let columns = stack.count <= 8 ? stack.count : (stack.count <= 32 ? 8 : 10)
        let rows = stride(from: 0, to: stack.count, by: columns).map { Array($0..<min($0 + columns, stack.count)) }
        let grid = ImageGrid(
            name: "filters", images: stack, headings: (0..<stack.count).map { ImageGrid.Heading(text: "\($0)") },
            rows: rows,
            colours: .signed(label: "weight"), imageWidth: 68, headingHeight: 22, hasAxes: false)
        let shown = stack.count == total ? "\(total)" : "first \(stack.count) of \(total)"
        return Plot(
            name: "filters", title: "First-layer filters",
            description:
                "The \(shown) filters of the layer \(layer), \(height)×\(width) weights each, on one scale: "
                + "positive weights are red, negative ones blue.",
            table: table, images: stack, size: grid.size, commands: grid.commands)
    }
}
