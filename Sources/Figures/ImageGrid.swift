import StampFormats

/// Images of one size in rows and columns, with a heading each: the commands that draw them from `NAME.npy`.
struct ImageGrid {
    /// How numbers become colours.
    enum Colours {
        /// Black to white, each image from its own minimum to its maximum.
        case grey
        /// Blue to red around 0, all images on one scale that a bar explains.
        case signed(label: String)
        /// The three channels are red, green and blue, each from 0 to 255.
        case asTheyAre
    }

    /// What is written above an image.
    struct Heading {
        /// In gnuplot's markup, with its quotes.
        let text: String
        /// Whether it should catch the eye.
        var isWarning = false
    }

    let name: String
    let images: ImageStack
    /// One for each image.
    let headings: [Heading]
    /// What is written above each channel, likewise, where images have several: they stand side by side.
    var channelTitles: [String] = []
    /// The numbers of the images in each row; rows may have different lengths.
    let rows: [[Int]]
    let colours: Colours
    /// The width of an image on the page, of one channel.
    var imageWidth = 160.0
    /// Room for a heading above each image.
    var headingHeight = 40.0
    /// Whether pixels are counted along the outer axes.
    var hasAxes = true

    private var columns: Int { rows.map(\.count).max() ?? 0 }
    /// The pictures that an image is drawn as: one for each channel, unless these are colours.
    private var panels: Int { if case .asTheyAre = colours { 1 } else { images.channels } }
    private var imageHeight: Double { imageWidth * Double(images.height) / Double(images.width) }
    private var left: Double { hasAxes ? 58 : 14 }
    private var right: Double { if case .signed = colours { 92 } else { 16 } }
    private var bottom: Double { hasAxes ? 58 : 12 }
    /// An image with all of its channels.
    private var groupWidth: Double { Double(panels) * (imageWidth + Self.channelGap) - Self.channelGap }
    private var pitch: (x: Double, y: Double) { (groupWidth + (hasAxes ? 18 : 6), imageHeight + headingHeight) }

    /// Between the channels of an image.
    private static let channelGap = 4.0

    /// The size of the picture.
    var size: (width: Int, height: Int) {
        (
            Int(left + Double(columns) * pitch.x + right), Int(8 + Double(rows.count) * pitch.y + bottom)
        )
    }

    /// gnuplot's commands.
    var commands: String {
        var text = """
            set multiplot
            unset key
            unset grid
            unset colorbox
            set xrange [-0.5:\(Double(images.width) - 0.5)]
            set yrange [\(Double(images.height) - 0.5):-0.5]
            set tics front out scale 0.4 nomirror font small_font
            \(palette)

            """
        for (row, numbers) in rows.enumerated() {
            for (column, image) in numbers.enumerated() {
                // Below the last image of a column, even if its row is not the last.
                let isLowest = row + 1 == rows.count || rows[row + 1].count <= column
                for channel in 0..<panels {
                    text += panel(image, channel, row: row, column: column, isLowest: isLowest)
                }
            }
        }
        return text + "unset multiplot\n"
    }

    private var palette: String {
        switch colours {
        case .grey, .asTheyAre: "set palette gray"
        case .signed: ##"set palette defined (-1 "#053061", -0.5 "#4393c3", 0 "#f7f7f7", 0.5 "#d6604d", 1 "#67001f")"##
        }
    }

    private func panel(_ image: Int, _ channel: Int, row: Int, column: Int, isLowest: Bool) -> String {
        let (width, height) = (Double(size.width), Double(size.height))
        let x = left + Double(column) * pitch.x + Double(channel) * (imageWidth + Self.channelGap)
        let y = 8 + Double(row) * pitch.y + headingHeight
        let isLast = row + 1 == rows.count && column + 1 == rows[row].count && channel + 1 == panels
        let range = range(of: image, channel), isFirst = column == 0 && channel == 0
        // The numbers of neighbouring channels would run into one another.
        let isLowest = isLowest && channel == 0
        var text = """
            set lmargin at screen \(x / width)
            set rmargin at screen \((x + imageWidth) / width)
            set tmargin at screen \(1 - y / height)
            set bmargin at screen \(1 - (y + imageHeight) / height)
            \(title(image, channel, x: (x + groupWidth / 2) / width, y: 1 - (y - headingHeight + 10) / height))
            set cbrange [\(range.lowerBound):\(range.upperBound)]
            \(marks("x", extent: images.width, isShown: hasAxes && isLowest, label: isLowest ? "x" : ""))
            \(marks("y", extent: images.height, isShown: hasAxes && isFirst, label: isFirst ? "y" : ""))

            """
        if isLast, case .signed(let label) = colours {
            text += """
                set colorbox user origin \(1 - 76 / width),\(0.15) size \(14 / width),0.7
                set cblabel "\(label)" offset -0.5,0 font small_font
                set cbtics out scale 0.4 font small_font

                """
        }
        let values = images.height * images.width * images.channels
        let skipped = NpyFile.header(shape: images.shape).count + image * values * MemoryLayout<Float>.size
        return text + """
            plot "\(name).npy" binary skip=\(skipped) array=(\(images.width),\(images.height)) \
            format="\(format(channel))" endian=little with \(panels < images.channels ? "rgbimage" : "image") notitle

            """
    }

    /// The heading of an image, or that of a channel, with the image's above the middle of all channels.
    private func title(_ image: Int, _ channel: Int, x: Double, y: Double) -> String {
        let heading = headings[image], colour = heading.isWarning ? "#b03a00" : "#222222"
        guard panels > 1 else {
            return "set title \(heading.text) offset 0,-0.7 font small_font textcolor rgb \"\(colour)\""
        }
        let label =
            channel == 0
            ? "set label 1 \(heading.text) at screen \(x),\(y) center front font small_font "
                + "textcolor rgb \"\(colour)\"\n"
            : "unset label 1\n"
        return label
            + "set title \(channelTitles[channel]) offset 0,-0.9 font small_font textcolor rgb \"\(PlotStyle.grey)\""
    }

    /// One channel of values that lie beside those of the others, or all of a picture's colours.
    private func format(_ channel: Int) -> String {
        if case .asTheyAre = colours { return String(repeating: "%float", count: images.channels) }
        return (0..<images.channels).map { $0 == channel ? "%float" : "%*float" }.joined()
    }

    private func marks(_ axis: String, extent: Int, isShown: Bool, label: String) -> String {
        guard hasAxes else { return "unset \(axis)tics" }
        let spacing = TickSpacing.wholeNumbers(over: extent, most: 5)
        return "set \(axis)tics 0,\(spacing) format \"\(isShown ? "%g" : "")\"\n"
            + "set \(axis)label \"\(isShown ? label : "")\" offset \(axis == "x" ? "0,0.6" : "0.5,0") font small_font"
    }

    /// The values at the ends of the colour scale.
    private func range(of image: Int, _ channel: Int) -> ClosedRange<Float> {
        let finite: [Float]
        switch colours {
        case .grey: finite = images.pixels(of: image, channel: channel).filter(\.isFinite)
        case .signed:
            let largest = images.pixels.filter(\.isFinite).map(abs).max() ?? 0
            return largest > 0 ? -largest...largest : -1...1
        case .asTheyAre: finite = []
        }
        guard let lowest = finite.min(), let highest = finite.max(), lowest < highest else { return 0...1 }
        return lowest...highest
    }
}
