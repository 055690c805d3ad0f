import StampFormats

/// Images of one size in rows and columns, with a heading each: the commands that draw them from `NAME.npy`.
struct ImageGrid {
    /// How numbers become colours.
    enum Colours {
        /// Black to white, each image from its own minimum to its maximum.
        case grey
        /// Blue to red around 0, all images on one scale that a bar explains.
        case signed(label: String)
    }

    /// What is written above an image.
    struct Heading {
        /// In gnuplot's markup.
        let text: String
        /// Whether it should catch the eye.
        var isWarning = false
    }

    let name: String
    let images: ImageStack
    /// One for each image.
    let headings: [Heading]
    /// The numbers of the images in each row; rows may have different lengths.
    let rows: [[Int]]
    let colours: Colours
    /// A text at the left of each row; gnuplot's markup.
    var rowLabels: [String] = []
    /// The width of an image on the page.
    var imageWidth = 160.0
    /// Room for a heading above each image.
    var headingHeight = 40.0
    /// Whether pixels are counted along the outer axes.
    var hasAxes = true

    private var columns: Int { rows.map(\.count).max() ?? 0 }
    private var imageHeight: Double { imageWidth * Double(images.height) / Double(images.width) }
    private var left: Double { hasAxes ? 58 : 14 }
    private var right: Double { if case .signed = colours { 92 } else { 16 } }
    private var bottom: Double { hasAxes ? 58 : 12 }
    private var pitch: (x: Double, y: Double) { (imageWidth + (hasAxes ? 18 : 6), imageHeight + headingHeight) }

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
                text += panel(image, row: row, column: column, isLowest: isLowest)
            }
        }
        return text + "unset multiplot\n"
    }

    private var palette: String {
        switch colours {
        case .grey: "set palette gray"
        case .signed: ##"set palette defined (-1 "#053061", -0.5 "#4393c3", 0 "#f7f7f7", 0.5 "#d6604d", 1 "#67001f")"##
        }
    }

    private func panel(_ image: Int, row: Int, column: Int, isLowest: Bool) -> String {
        let (width, height) = (Double(size.width), Double(size.height))
        let x = left + Double(column) * pitch.x, y = 8 + Double(row) * pitch.y + headingHeight
        let heading = headings[image]
        let isLast = row + 1 == rows.count && column + 1 == rows[row].count
        var text = """
            set lmargin at screen \(x / width)
            set rmargin at screen \((x + imageWidth) / width)
            set tmargin at screen \(1 - y / height)
            set bmargin at screen \(1 - (y + imageHeight) / height)
            set title "\(heading.text)" offset 0,-0.7 font small_font textcolor rgb "\(heading.isWarning ? "#b03a00" : "#222222")"
            set cbrange [\(range(of: image).lowerBound):\(range(of: image).upperBound)]
            \(marks("x", extent: images.width, isShown: hasAxes && isLowest, label: isLowest ? "x" : ""))
            \(marks("y", extent: images.height, isShown: hasAxes && column == 0, label: column == 0 ? rowLabel(row) : ""))

            """
        if isLast, case .signed(let label) = colours {
            text += """
                set colorbox user origin \(1 - 76 / width),\(0.15) size \(14 / width),0.7
                set cblabel "\(label)" offset -0.5,0 font small_font
                set cbtics out scale 0.4 font small_font

                """
        }
        let header = NpyFile.header(shape: [images.count, images.height, images.width]).count
        let skipped = header + image * images.height * images.width * MemoryLayout<Float>.size
        return text + """
            plot "\(name).npy" binary skip=\(skipped) array=(\(images.width),\(images.height)) format="%float" \
            endian=little with image notitle

            """
    }

    private func rowLabel(_ row: Int) -> String {
        row < rowLabels.count ? rowLabels[row] : "y"
    }

    private func marks(_ axis: String, extent: Int, isShown: Bool, label: String) -> String {
        guard hasAxes else { return "unset \(axis)tics" }
        let spacing = TickSpacing.wholeNumbers(over: extent, most: 5)
        return "set \(axis)tics 0,\(spacing) format \"\(isShown ? "%g" : "")\"\n"
            + "set \(axis)label \"\(isShown ? label : "")\" offset \(axis == "x" ? "0,0.6" : "0.5,0") font small_font"
    }

    /// The values at the ends of the colour scale.
    private func range(of image: Int) -> ClosedRange<Float> {
        let finite: [Float]
        switch colours {
        case .grey: finite = images.pixels(of: image).filter(\.isFinite)
        case .signed:
            let largest = images.pixels.filter(\.isFinite).map(abs).max() ?? 0
            return largest > 0 ? -largest...largest : -1...1
        }
        guard let lowest = finite.min(), let highest = finite.max(), lowest < highest else { return 0...1 }
        return lowest...highest
    }
}
