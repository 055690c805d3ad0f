import Faults

/// A stamp beside a map of the same size with a value for each of its pixels, such as an occlusion map.
public struct HeatMapFigure: Sendable {
    private let name: String
    private let title: String
    private let description: String
    private let quantity: String
    private let stamp: StampPicture
    private let heatMap: [Float]

    /// - Parameters:
    ///   - name: the stem of the files' names, without a slash.
    ///   - title, description: of the figure.
    ///   - quantity: what the map's numbers are, for the scale beside it.
    ///   - stamp: whose channels stand side by side.
    ///   - heatMap: of its height and width, row by row.
    public init(
        name: String, title: String, description: String, quantity: String, stamp: StampPicture, heatMap: [Float]
    ) {
        precondition(heatMap.count == stamp.height * stamp.width, "a map of another size")
        (self.name, self.title, self.description, self.quantity) = (name, title, description, quantity)
        (self.stamp, self.heatMap) = (stamp, heatMap)
    }

    private var height: Int { stamp.height }
    private var width: Int { stamp.width }
    /// The columns of the channels in the table.
    private var columns: [String] {
        stamp.channels.count == 1 ? ["stamp"] : stamp.channels.indices.map { "stamp_\($0)" }
    }
    private var channels: [[Float]] {
        stamp.channels.indices.map { channel in
            stride(from: channel, to: stamp.values.count, by: stamp.channels.count).map { stamp.values[$0] }
        }
    }

    /// The figure.
    public var plot: Plot {
        var table = Table(["y", "x"] + columns + ["map"])
        let channels = channels
        for pixel in 0..<height * width {
            table.append(
                [pixel / width, pixel % width] + channels.map { $0[pixel] } + [heatMap[pixel]]
                    as [any CustomStringConvertible])
        }
        return Plot(
            name: name, title: title, description: description, table: table,
            size: (480 * (channels.count + 1), 420), commands: commands)
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
            \(columns.count > 1 ? "set rmargin 13\n" : "")set multiplot layout 1,\(columns.count + 1)
            set title "stamp"
            set palette gray
            \(panels.joined(separator: "\n"))
            set title \(PlotStyle.quoted(title)) noenhanced
            set palette defined (0 "#00224e", 1 "#123570", 2 "#3b496c", 3 "#575d6d", 4 "#707173", 5 "#8a8678", \
            6 "#a59c74", 7 "#c3b369", 8 "#e1cc55", 9 "#fee838")
            set cbrange [\(Self.range(heatMap))]
            set cblabel \(PlotStyle.quoted(quantity)) noenhanced offset 0.4,0
            plot \(PlotStyle.quoted("\(name).csv")) using "x":"y":"map" with image
            unset multiplot

            """
    }

    /// The stamp's channels.
    private var panels: [String] {
        zip(channels, columns).enumerated().map { number, channel in
            let title = stamp.channels[number].printable
            return (columns.count > 1 ? "set title \(PlotStyle.quoted("stamp, \(title)")) noenhanced\n" : "")
                + """
                set cbrange [\(Self.range(channel.0))]
                set cblabel "pixel" offset 0.4,0
                plot \(PlotStyle.quoted("\(name).csv")) using "x":"y":"\(channel.1)" with image
                """
        }
    }

    private static func range(_ values: [Float]) -> String {
        let finite = values.filter(\.isFinite)
        guard let lowest = finite.min(), let highest = finite.max() else { return "0:1" }
        return lowest < highest ? "\(lowest):\(highest)" : "\(lowest - 0.5):\(highest + 0.5)"
    }
}
