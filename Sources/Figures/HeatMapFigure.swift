/// A stamp beside a map of the same size with a value for each of its pixels, such as an occlusion map.
public struct HeatMapFigure: Sendable {
    private let name: String
    private let title: String
    private let description: String
    private let quantity: String
    private let height: Int
    private let width: Int
    private let stamp: [Float]
    private let heatMap: [Float]

    /// - Parameters:
    ///   - name: the stem of the files' names, without a slash.
    ///   - title, description: of the figure.
    ///   - quantity: what the map's numbers are, for the scale beside it.
    ///   - height, width: of both images in pixels.
    ///   - stamp, heatMap: row by row.
    public init(
        name: String, title: String, description: String, quantity: String, height: Int, width: Int, stamp: [Float],
        heatMap: [Float]
    ) {
        precondition(
            stamp.count == height * width && heatMap.count == height * width, "images that are not \(height)×\(width)")
        (self.name, self.title, self.description, self.quantity) = (name, title, description, quantity)
        (self.height, self.width, self.stamp, self.heatMap) = (height, width, stamp, heatMap)
    }

    /// The figure.
    public var plot: Plot {
        var table = Table("y", "x", "stamp", "map")
        for pixel in 0..<height * width {
            table.append(pixel / width, pixel % width, stamp[pixel], heatMap[pixel])
        }
        return Plot(
            name: name, title: title, description: description, table: table, size: (960, 420), commands: commands)
    }

    private var commands: String {
        let spacing = TickSpacing.wholeNumbers(over: max(height, width), most: 6)
        return """
            set xrange [-0.5:\(Double(width) - 0.5)]
            set yrange [\(Double(height) - 0.5):-0.5]
            set size ratio \(Double(height) / Double(width))
            set tics out nomirror
            set xtics 0,\(spacing)
            set ytics 0,\(spacing)
            set xlabel "x"
            set ylabel "y"
            unset key
            set format cb "%.3g"
            unset grid
            set multiplot layout 1,2
            set title "stamp"
            set palette gray
            set cbrange [\(Self.range(stamp))]
            set cblabel "pixel" offset 0.4,0
            plot \(PlotStyle.quoted("\(name).csv")) using "x":"y":"stamp" with image
            set title \(PlotStyle.quoted(title)) noenhanced
            set palette defined (0 "#00224e", 1 "#123570", 2 "#3b496c", 3 "#575d6d", 4 "#707173", 5 "#8a8678", \
            6 "#a59c74", 7 "#c3b369", 8 "#e1cc55", 9 "#fee838")
            set cbrange [\(Self.range(heatMap))]
            set cblabel \(PlotStyle.quoted(quantity)) noenhanced offset 0.4,0
            plot \(PlotStyle.quoted("\(name).csv")) using "x":"y":"map" with image
            unset multiplot

            """
    }

    private static func range(_ values: [Float]) -> String {
        let finite = values.filter(\.isFinite)
        guard let lowest = finite.min(), let highest = finite.max() else { return "0:1" }
        return lowest < highest ? "\(lowest):\(highest)" : "\(lowest - 0.5):\(highest + 0.5)"
    }
}
