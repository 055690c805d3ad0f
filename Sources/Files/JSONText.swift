/// What a JSON text must keep to before it is parsed: a parser takes stack for each bracket that is open, and many
/// times the length of a value for its object.
package enum JSONText {
    /// Longer texts are not read. A run's records and the largest networks of Keras have a few megabytes.
    package static let mostBytes = 32 << 20
    /// Brackets that may be open at once.
    private static let deepest = 64
    private static let mostValues = 1_000_000

    /// What is wrong with a text: nil when it may be parsed.
    package static func problem(_ text: some Sequence<UInt8>) -> String? {
        var (depth, deepest, values, byteCount) = (0, 0, 1, 0)
        var (isInString, isEscaped) = (false, false)
        for byte in text {
            byteCount += 1
            if isInString {
                if !isEscaped && byte == UInt8(ascii: "\"") { isInString = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch UnicodeScalar(byte) {
            case "\"": isInString = true
            case "[", "{":
                depth += 1
                deepest = max(deepest, depth)
                values += 1
            case "]", "}": depth -= 1
            case ",": values += 1
            default: break
            }
        }
        if byteCount > mostBytes { return "is longer than \(mostBytes) bytes" }
        if deepest > Self.deepest { return "is nested deeper than \(Self.deepest) brackets" }
        if values > mostValues { return "holds more than \(mostValues) values" }
        return nil
    }
}
