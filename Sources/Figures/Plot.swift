import Files

/// A figure that is not drawn yet: its numbers, and the commands that gnuplot draws them with.
public struct Plot: Sendable {
    /// The stem of its files' names.
    public let name: String
    /// A heading.
    public let title: String
    /// One or two sentences with the main numbers.
    public let description: String
    /// What `NAME.csv` holds.
    public let table: Table
    /// What `NAME.npy` holds; nil for a figure without images.
    let images: ImageStack?
    /// Width and height of the picture in pixels of a screen; the PNG has twice as many.
    let size: (width: Int, height: Int)
    /// gnuplot's commands. They name data by `NAME.csv` and `NAME.npy`, and neither choose a terminal nor an output.
    let commands: String

    init(
        name: String, title: String, description: String, table: Table, images: ImageStack? = nil,
        size: (width: Int, height: Int), commands: String
    ) {
        self.name = name
        self.title = title
        self.description = description
        self.table = table
        self.images = images
        self.size = size
        self.commands = commands
    }
}

/// Numbers and names in columns.
public struct Table: Hashable, Sendable {
    /// The columns' names, without commas.
    public let columns: [String]
    /// One text for each column; numbers are the shortest text that reads back as the same value.
    public private(set) var rows: [[String]] = []

    init(_ columns: String...) { self.init(columns) }

    init(_ columns: [String]) { self.columns = columns }

    mutating func append(_ row: any CustomStringConvertible...) { append(row) }

    mutating func append(_ row: [any CustomStringConvertible]) {
        precondition(row.count == columns.count, "\(row.count) fields in \(columns.count) columns")
        rows.append(row.map(\.description))
    }

    /// The table as comma-separated values, the columns' names first.
    public var csv: String { ([columns] + rows).map(CSVText.line).joined() }
}

/// Images of one size.
struct ImageStack: Sendable {
    let height: Int
    let width: Int
    var channels = 1
    /// (image, height, width, channel).
    let pixels: [Float]

    private var values: Int { height * width * channels }

    var count: Int { pixels.count / values }

    /// (image, height, width), and channel if there are several.
    var shape: [Int] { [count, height, width] + (channels > 1 ? [channels] : []) }

    /// One channel of an image, (height, width).
    func pixels(of image: Int, channel: Int = 0) -> [Float] {
        stride(from: image * values + channel, to: (image + 1) * values, by: channels).map { pixels[$0] }
    }
}
