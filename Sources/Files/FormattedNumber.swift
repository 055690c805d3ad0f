import Glibc

/// Numbers as text for people (printf(3)).
package enum FormattedNumber {
    package static func fixed(_ value: Double, _ decimals: Int) -> String { format("%.\(decimals)f", value) }

    /// As Keras prints metrics: four decimals, or scientific where these would show nothing.
    package static func metric(_ value: Double) -> String {
        value.magnitude > 1e-3 || value.isNaN ? fixed(value, 4) : format("%.4e", value)
    }

    /// Six significant digits at most, as a person would write the number.
    package static func short(_ value: Double) -> String { format("%.6g", value) }

    /// Left-aligned in `width` columns, or right-aligned for a negative width; never truncated.
    package static func padded(_ text: String, to width: Int) -> String {
        let blanks = String(repeating: " ", count: max(0, Int(width.magnitude) - text.count))
        return width < 0 ? blanks + text : text + blanks
    }

    private static func format(_ format: String, _ value: Double) -> String {
        // printf(3) would show a sign, which means nothing.
        if value.isNaN { return "nan" }
        return withVaList([value]) { arguments in
            // The largest Double has 309 digits before the point.
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 340) { text in
                vsnprintf(text.baseAddress!, text.count, format, arguments)
                return String(cString: text.baseAddress!)
            }
        }
    }
}
