extension StringProtocol {
    /// The text on one line, for a terminal or a log: names may come from a hostile file. Control characters, and with
    /// them escape sequences, become spaces; marks that reverse the direction of writing, which can make one name look
    /// like another, are left out.
    public var printable: String { printed(keepingLines: false) }

    /// The same with the text's lines as they are.
    public var printableLines: String { printed(keepingLines: true) }

    /// JSON with the same characters escaped: it means the same.
    public var printableJSON: String {
        var shown = ""
        for scalar in unicodeScalars {
            if scalar != "\n", !scalar.isPrintable {
                let digits = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// The text's beginning and its end, where it is longer than so many characters.
    public func shortened(to most: Int) -> String {
        let scalars = unicodeScalars
        guard scalars.count > most else { return String(self) }
        let (first, last) = (scalars.prefix(most / 2), scalars.suffix(most - most / 2 - 1))
        return String(String.UnicodeScalarView(first)) + "…" + String(String.UnicodeScalarView(last))
    }

    private func printed(keepingLines: Bool) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in unicodeScalars where !scalar.isDirectionMark {
            let isShown = !scalar.isControl || keepingLines && scalar == "\n"
            shown.append(isShown ? scalar : " ")
        }
        return String(shown)
    }
}

extension Unicode.Scalar {
    /// Whether it can do no harm on a terminal or a page.
    public var isPrintable: Bool { !isControl && !isDirectionMark }

    /// What does not stand for a character, but moves, ends the line or begins an escape sequence.
    fileprivate var isControl: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// Unicode's `Bidi_Control`.
    fileprivate var isDirectionMark: Bool {
        switch value {
        case 0x061C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
