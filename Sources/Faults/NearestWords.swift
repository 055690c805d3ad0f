/// Which of some words a mistyped one was probably meant to be.
public enum NearestWords {
    /// The candidates that are nearest to a word, the best first; none where nothing is near.
    ///
    /// The first of these relations that holds for any candidate decides: the same letters and digits
    /// (`--batch_size`), the first letters of its parts (`--lr`), few letters wrong (`--modle`), a beginning
    /// (`--epoch`), a common part (`--validation-split`). Of those that stand in it the ones with the smallest distance
    /// are taken.
    ///
    /// - Parameters:
    ///   - word: as it was typed; leading dashes do not count.
    ///   - candidates: all words that there are.
    ///   - most: how many are named.
    public static func of(_ word: String, in candidates: [String], most: Int = 3) -> [String] {
        let typed = Word(word)
        guard !typed.letters.isEmpty else { return [] }
        let known = candidates.map { (text: $0, word: Word($0)) }
        for relation in Relation.allCases {
            let near = known.compactMap { candidate in
                relation.distance(typed, candidate.word).map { (candidate.text, $0) }
            }
            guard let least = near.map(\.1).min() else { continue }
            return Array(near.filter { $0.1 == least }.map(\.0).prefix(most))
        }
        return []
    }

    /// How many letters are inserted, left out, replaced or exchanged with their neighbour between two words.
    ///
    /// The distance of optimal string alignment: F. J. Damerau, *A technique for computer detection and correction of
    /// spelling errors*, Communications of the ACM 7 (1964); each letter is changed at most once.
    public static func distance(_ a: some StringProtocol, _ b: some StringProtocol) -> Int {
        let (a, b) = (Array(a), Array(b))
        var (before, last) = ([Int](), Array(0...b.count))
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, before[j - 1] + 1) }
                row.append(least)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }

    private struct Word {
        /// What stands between dashes and underscores, in small letters.
        let parts: [Substring]
        let letters: String

        init(_ text: String) {
            parts = text.lowercased().split { !$0.isLetter && !$0.isNumber }
            letters = parts.joined()
        }

        var initials: String { String(parts.compactMap(\.first)) }
    }

    private enum Relation: CaseIterable {
        case sameLetters, initials, misspelling, beginning, commonPart

        /// Nil where the words do not stand in this relation.
        func distance(_ typed: Word, _ known: Word) -> Int? {
            switch self {
            case .sameLetters: typed.letters == known.letters ? 0 : nil
            case .initials: known.parts.count > 1 && typed.letters == known.initials ? 0 : nil
            case .misspelling:
                misspelling(typed, known)
            case .beginning:
                typed.letters.count >= 3 && known.letters.hasPrefix(typed.letters)
                    || known.letters.count >= 4
                        && typed.letters.hasPrefix(known.letters)
                    ? abs(known.letters.count - typed.letters.count) : nil
            case .commonPart:
                typed.parts.contains { part in part.count >= 4 && known.parts.contains { alike(part, $0) } }
                    ? known.parts.count : nil
            }
        }

        /// At most a third of the letters may be wrong.
        private func misspelling(_ typed: Word, _ known: Word) -> Int? {
            let most = max(1, min(typed.letters.count, known.letters.count) / 3)
            guard abs(typed.letters.count - known.letters.count) <= most else { return nil }
            let distance = NearestWords.distance(typed.letters, known.letters)
            return distance <= most ? distance : nil
        }

        /// Plurals are the same part.
        private func alike(_ a: Substring, _ b: Substring) -> Bool { a == b || a == b + "s" || a + "s" == b }
    }
}
