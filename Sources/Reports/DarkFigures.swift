import Files

/// How figures follow a dark page: what gnuplot drew in the colours of a white one gets others.
enum DarkFigures {
    /// Colours of a figure, and what they become.
    private static let colours = [
        // Texts, axes, reference lines, grid.
        ("#000000", "#e4e8ec"), ("#222222", "#e4e8ec"), ("#444444", "#9aa5b1"), ("#666666", "#9aa5b1"),
        ("#e3e3e3", "#353d45"),
        // Curves, a little lighter.
        ("#0072b2", "#4aa8e0"), ("#d55e00", "#ff8c42"), ("#009e73", "#2fc79a"), ("#b03a00", "#ff9d6b"),
    ]

    /// Rules of a style sheet.
    static let rules: String = {
        let rules = colours.map { light, dark in
            ["fill", "stroke", "color"].map { property in
                names(of: light).map { "figure svg [\(property)=\"\($0)\"]" }.joined(separator: ", ")
                    + " { \(property): \(dark); }"
            }.joined(separator: "\n")
        }
        return
            (["figure svg { background: var(--card); }", "figure svg rect[fill=\"#ffffff\"] { fill: #1e242a; }"] + rules)
            .joined(separator: "\n")
    }()

    /// What gnuplot calls a colour: `rgb(  0, 114, 178)` of lines, `rgb(0,114,178)` of texts, some by name.
    private static func names(of hexadecimal: String) -> [String] {
        let digits = hexadecimal.dropFirst()
        let parts = [0, 2, 4].map { Int(digits.dropFirst($0).prefix(2), radix: 16) ?? 0 }
        let padded = parts.map { FormattedNumber.padded("\($0)", to: -3) }
        return ["rgb(\(padded.joined(separator: ", ")))", "rgb(\(parts.map(String.init).joined(separator: ",")))"]
            + (hexadecimal == "#000000" ? ["black"] : [hexadecimal])
    }
}
