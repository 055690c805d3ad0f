import Figures
import Files

/// A figure as a part of a page.
enum InlineFigure {
    /// The picture with its text; without one the text alone, and where the numbers are.
    ///
    /// - Parameter keepsNumbers: whether they are beside the page.
    static func html(_ figure: Figure, keepsNumbers: Bool = true) -> HTML {
        let heading = HTML("h3", text: figure.title)
        let files = keepsNumbers ? " Numbers: figures/\(figure.data[0])." : ""
        guard let path = figure.svg, let bytes = try? FileAccess.read(path),
            let picture = inline(String(decoding: bytes, as: UTF8.self), figure)
        else {
            return HTML("figure", [], [heading, HTML("figcaption", text: "\(figure.description)\(files)")])
        }
        return HTML(
            "figure", [], [heading, picture, HTML("figcaption", text: "\(figure.description)\(files)")])
    }

    /// An SVG file as an element of a page: it fills the page's width, is announced with the figure's words, and its
    /// names differ from those of other figures.
    ///
    /// - Returns: nil for anything but a picture of gnuplot's.
    private static func inline(_ svg: String, _ figure: Figure) -> HTML? {
        guard let start = svg.firstRange(of: "<svg"), let end = svg.firstRange(of: "</svg>"),
            let open = svg[start.upperBound...].firstRange(of: ">"),
            let box = viewBox(svg[start.upperBound..<open.lowerBound]),
            !svg.contains("<script")
        else { return nil }
        let attributes = [
            ("viewBox", box), ("style", size(box)), ("role", "img"),
            ("aria-label", "\(figure.title). \(figure.description)"),
        ]
        var content = String(svg[open.upperBound..<end.lowerBound])
        // Pictures in a page share one space of names.
        for use in [" id='", " id=\"", "href='#", "href=\"#", "url(#"] {
            content = content.split(separator: use, omittingEmptySubsequences: false)
                .joined(separator: "\(use)\(figure.name)-")
        }
        // In a page the prefix needs no declaration, and `href` is the current name.
        content = content.split(separator: "xlink:href=", omittingEmptySubsequences: false).joined(separator: "href=")
        return HTML("div", [("class", "scroll")], [HTML("svg", attributes, [HTML(source: content)])])
    }

    /// As wide as it was drawn, or as the page; on a phone it scrolls rather than become too small to read.
    private static func size(_ viewBox: String) -> String {
        guard let width = viewBox.split(separator: " ").dropFirst(2).first.flatMap({ Int($0) }) else { return "" }
        return "max-width: \(width)px; min-width: \(width * 3 / 5)px"
    }

    private static func viewBox(_ attributes: Substring) -> String? {
        guard let start = attributes.firstRange(of: "viewBox=\"") else { return nil }
        return attributes[start.upperBound...].split(separator: "\"").first.map(String.init)
    }
}
