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

    /// So many significant digits at most.
    package static func significant(_ value: Double, _ digits: Int) -> String { format("%.\(digits)g", value) }

    /// So many of something: `1 epoch`, `3 epochs`.
    ///
    /// - Parameter several: the plural where it is not that with an s.
    package static func counted(_ count: Int, _ one: String, _ several: String? = nil) -> String {
        "\(count) \(count == 1 ? one : several ?? "\(one)s")"
    }

    /// Left-aligned in `width` columns, or right-aligned for a negative width; never truncated.
    package static func padded(_ text: String, to width: Int) -> String {
        let blanks = String(repeating: " ", count: max(0, Int(width.magnitude) - text.count))
        return width < 0 ? blanks + text : text + blanks
    }

    /// `12s`, `3:05` (minutes) or `1:02:05` (hours).
    package static func clock(_ seconds: Double) -> String {
        let total = seconds > 0 ? Int(min(seconds, 1e15)) : 0
        func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if total >= 3600 { return "\(total / 3600):\(twoDigits(total / 60 % 60)):\(twoDigits(total % 60))" }
        if total >= 60 { return "\(total / 60):\(twoDigits(total % 60))" }
        return "\(total)s"
    }

    /// 25458 as 25,458.
    package static func grouped(_ count: Int) -> String {
        var digits = Array(String(count))
        for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
        return String(digits)
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
