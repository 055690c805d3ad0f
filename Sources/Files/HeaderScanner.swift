/// Walks over the text of a file's header: the tokens that a Python literal and JSON have in common.
///
/// Every method that takes a token skips the white space before it, and takes nothing when it returns false or nil.
package struct HeaderScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next byte after white space; does not take it.
    package var next: UInt8? {
        mutating get {
            while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
            return position < bytes.count ? bytes[position] : nil
        }
    }

    package var isAtEnd: Bool { mutating get { next == nil } }

    package mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    package mutating func take(word: String) -> Bool {
        guard next != nil, bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    /// The digits of a decimal integer with an optional minus sign, as text: the number may be too large for `Int`.
    package mutating func integer() -> String? {
        guard next != nil else { return nil }
        var end = position
        if bytes[end] == UInt8(ascii: "-") { end += 1 }
        let digits = end
        while end < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[end]) { end += 1 }
        guard end > digits else { return nil }
        defer { position = end }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    /// A string in `quote`s without any escape: all that numpy ever writes.
    package mutating func plainString(quote: Unicode.Scalar) -> String? {
        guard next == UInt8(ascii: quote) else { return nil }
        guard let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: quote)) else { return nil }
        let contents = bytes[(position + 1)..<end]
        guard !contents.contains(UInt8(ascii: "\\")), let text = String(validating: contents, as: UTF8.self) else {
            return nil
        }
        position = end + 1
        return text
    }

    /// Everything from an opening bracket to the one that closes it, with strings in any quotes.
    package mutating func takeBrackets() -> Bool {
        guard next != nil else { return false }
        var (depth, index) = (0, position)
        var quote: UInt8?
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if let open = quote {
                if byte == open { quote = nil }
                continue
            }
            switch UnicodeScalar(byte) {
            case "'", "\"": quote = byte
            case "[", "(", "{": depth += 1
            case "]", ")", "}": depth -= 1
            default: break
            }
            if depth == 0 {
                position = index
                return true
            }
        }
        return false
    }

    /// A string of JSON with its escapes resolved.
    mutating func jsonString() -> String? {
        guard next == UInt8(ascii: "\"") else { return nil }
        var text: [UInt8] = []
        var index = position + 1
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { return nil }
                position = index
                return string
            case UInt8(ascii: "\\"):
                guard let scalar = jsonEscape(at: &index) else { return nil }
                text.append(contentsOf: Array(String(scalar).utf8))
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    /// The character that the escape after a backslash denotes; moves `index` past it.
    private func jsonEscape(at index: inout Int) -> Unicode.Scalar? {
        guard index < bytes.count else { return nil }
        let simple: Unicode.Scalar? =
            switch UnicodeScalar(bytes[index]) {
            case "\"", "\\", "/": UnicodeScalar(bytes[index])
            case "b": "\u{8}"
            case "f": "\u{C}"
            case "n": "\n"
            case "r": "\r"
            case "t": "\t"
            default: nil
            }
        if let simple {
            index += 1
            return simple
        }
        guard let first = utf16Escape(at: &index) else { return nil }
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\\") else { return nil }
        index += 1
        guard let second = utf16Escape(at: &index), (0xDC00..<0xE000).contains(second) else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private func utf16Escape(at index: inout Int) -> UInt32? {
        guard index + 5 <= bytes.count, bytes[index] == UInt8(ascii: "u") else { return nil }
        let digits = String(decoding: bytes[(index + 1)..<(index + 5)], as: UTF8.self)
        guard digits.allSatisfy(\.isHexDigit), let unit = UInt32(digits, radix: 16) else { return nil }
        index += 5
        return unit
    }
}
