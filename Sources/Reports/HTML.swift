import Faults
import Files

/// Pieces of a page. What is made from text is escaped; what is made from pieces is put together as it is.
struct HTML: Sendable {
    /// Well-formed as XML too.
    private(set) var source: String

    /// Text that a browser shows as it is, whatever is in it.
    init(text: String) {
        source = text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // Names may come from a hostile file: nothing that a page must not hold, or that reverses the direction of
            // writing.
            case "\t", "\n": result.unicodeScalars.append(scalar)
            default: result.unicodeScalars.append(Self.isPrintable(scalar) ? scalar : "\u{FFFD}")
            }
        }
    }

    /// HTML source.
    init(source: String) { self.source = source }

    /// The concatenation of pieces.
    init(_ pieces: [HTML]) { source = pieces.map(\.source).joined() }

    /// An element with its attributes (the values are text) and what is in it.
    init(_ element: String, _ attributes: [(name: String, value: String)] = [], _ content: [HTML]) {
        let opening = attributes.map { " \($0.name)=\"\(HTML(text: $0.value).source)\"" }.joined()
        source = "<\(element)\(opening)>\(content.map(\.source).joined())</\(element)>"
    }

    /// An element around text.
    init(_ element: String, _ attributes: [(name: String, value: String)] = [], text: String) {
        self.init(element, attributes, [HTML(text: text)])
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .surrogate, .privateUse, .unassigned: false
        default: scalar.isPrintable
        }
    }

    /// A table that scrolls within itself where a screen is narrow.
    ///
    /// - Parameters:
    ///   - caption: what it shows, also for those who cannot see it.
    ///   - numbers: the columns whose fields are right-aligned.
    static func table(
        caption: String, _ columns: [String], _ rows: [[String]], numbers: Set<Int> = []
    ) -> HTML {
        table(caption: caption, columns, fields: rows.map { $0.map(Field.init) }, numbers: numbers)
    }

    /// What a table has in a row and a column.
    struct Field {
        let text: String
        /// Where a link leads to, relative to the page; nil for none.
        var link: String?

        init(_ text: String) { self.text = text }
        init(_ text: String, link: String?) { (self.text, self.link) = (text, link) }

        /// More than fits beside others on a phone: such a field is broken into lines, where others are not.
        private static let longest = 32

        func html(_ element: String, _ attributes: [(name: String, value: String)]) -> HTML {
            let style =
                text.count > Self.longest && attributes.allSatisfy { $0.value != "number" }
                ? [(name: "class", value: "long")] : []
            let content = HTML(text: text)
            return HTML(element, attributes + style, [link.map { HTML("a", [("href", $0)], [content]) } ?? content])
        }
    }

    /// The same of fields that may be links.
    static func table(
        caption: String, _ columns: [String], fields: [[Field]], numbers: Set<Int> = []
    ) -> HTML {
        let style: (Int) -> [(name: String, value: String)] = { numbers.contains($0) ? [("class", "number")] : [] }
        let head = columns.enumerated().map { HTML("th", [("scope", "col")] + style($0), text: $1) }
        let body = fields.map { row in
            HTML(
                "tr",
                row.enumerated().map { column, field in
                    column == 0 ? field.html("th", [("scope", "row")] + style(0)) : field.html("td", style(column))
                })
        }
        return HTML(
            "div", [("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)],
            [
                HTML(
                    "table",
                    [
                        HTML("caption", text: caption), HTML("thead", [HTML("tr", head)]), HTML("tbody", body),
                    ])
            ])
    }

    private init(_ element: String, _ content: [HTML]) { self.init(element, [], content) }

    /// A part of a page under a heading.
    static func section(_ title: String, _ content: [HTML]) -> HTML {
        HTML("section", [HTML("h2", text: title)] + content)
    }

    /// How every page begins.
    private static let beginning = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="generator" content="swift-run-trainer"/>

        """
    /// What a page is, to recognise an earlier one.
    static let kind = OutputFile.Kind("a report", beginsWith: beginning)

    /// A whole page that loads nothing.
    static func page(title: String, _ content: [HTML]) -> String {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        return """
            \(beginning)<meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta http-equiv="Content-Security-Policy" content="\(policy)"/>
            <link rel="icon" href="data:,"/>
            <title>\(HTML(text: title).source)</title>
            <style>
            \(HTMLStyle.sheet)
            </style>
            </head>
            <body>
            <main>
            \(content.map(\.source).joined(separator: "\n"))
            </main>
            </body>
            </html>

            """
    }
}
