import Faults

/// The header of one HDU: records of 80 characters, as the FITS standard 4.0 has them in section 4.
struct FITSHeader {
    /// A FITS file's headers and data are padded to a multiple of this many bytes.
    static let block = 2880
    private static let recordLength = 80

    /// What messages call the file.
    let file: String
    /// The HDU's number, from 0 for the primary one, as in astropy.
    let number: Int
    /// Where the data begin.
    let end: Int
    private let records: [Slice<UnsafeRawBufferPointer>]

    /// Reads the header that begins at `start`.
    ///
    /// - Throws: a `badData` fault when there is none, or it has no end.
    init(_ bytes: UnsafeRawBufferPointer, at start: Int, number: Int, file: String) throws {
        (self.file, self.number) = (file, number)
        var records: [Slice<UnsafeRawBufferPointer>] = []
        var position = start
        let first = number == 0 ? "SIMPLE  =" : "XTENSION="
        while true {
            guard position <= bytes.count - Self.recordLength else {
                throw Self.damaged(
                    file, number == 0 ? "its first header is cut off" : "HDU \(number) is damaged or cut off")
            }
            let record = bytes[position..<position + Self.recordLength]
            position += Self.recordLength
            guard position - start > Self.recordLength || record.starts(with: first.utf8) else {
                throw Self.damaged(file, "HDU \(number) does not begin with \(first.dropLast())")
            }
            if record.starts(with: "END     ".utf8) { break }
            records.append(record)
        }
        self.records = records
        // The header ends with its block, and the data begin with the next.
        end = start + (position - start + Self.block - 1) / Self.block * Self.block
    }

    // MARK: Values

    /// The value of a keyword that must be there.
    func requiredInteger(_ key: String) throws -> Int64 {
        guard let value = try integer(key) else { throw damaged("has no \(key)") }
        return value
    }

    func integer(_ key: String) throws -> Int64? {
        guard let text = try value(of: key) else { return nil }
        guard let value = Int64(text.first == "+" ? String(text.dropFirst()) : text) else {
            throw damaged("has the \(key) \(text), which is no integer")
        }
        return value
    }

    func real(_ key: String) throws -> Double? {
        guard let text = try value(of: key) else { return nil }
        // Fortran writes 1.5D3 as well.
        let digits = text.replacing("D", with: "E").replacing("d", with: "e")
        guard digits.allSatisfy({ "+-.0123456789Ee".contains($0) }), let value = Double(digits), value.isFinite else {
            throw damaged("has the \(key) \(text), which is no number")
        }
        return value
    }

    func isTrue(_ key: String) throws -> Bool { try value(of: key) == "T" }

    /// The first string of a keyword that is none of `others`; if there is none, the first.
    func string(_ key: String, besides others: String...) -> String? {
        let strings = fields(of: key).compactMap { Self.string($0) }
        return strings.first { !others.contains($0) } ?? strings.first
    }

    /// Whether one of numbered keywords (`TTYPE1`, `TTYPE2`, …) has this string.
    func hasString(_ text: String, ofAny key: String) -> Bool {
        records.contains { $0.starts(with: key.utf8) && Self.string($0.dropFirst(9)) == text }
    }

    /// The value of a keyword as it stands there, without its comment; nil if there is none.
    ///
    /// Keywords with two values are refused: programs differ about which one counts.
    private func value(of key: String) throws -> String? {
        var found: String?
        for field in fields(of: key) {
            let text = Self.value(field)
            guard !text.isEmpty else { continue }
            guard found == nil || found == text else {
                throw damaged("has two values of \(key), \(found!) and \(text)")
            }
            found = text
        }
        return found
    }

    /// What stands behind `KEYWORD = `. Of an image, only a keyword at the start of its record counts, as in astropy;
    /// of an image in a table, one behind HIERARCH as well.
    private func fields(of key: String) -> [Slice<UnsafeRawBufferPointer>] {
        let plain = key + String(repeating: " ", count: max(0, 8 - key.utf8.count)) + "="
        let hierarch = "HIERARCH \(key)"
        return records.compactMap { record in
            if record.starts(with: plain.utf8) { return record.dropFirst(9) }
            guard isTable, record.starts(with: hierarch.utf8) else { return nil }
            let rest = record.dropFirst(hierarch.utf8.count).drop { $0 == 0x20 }
            return rest.first == UInt8(ascii: "=") ? rest.dropFirst() : nil
        }
    }

    private var isTable: Bool { number > 0 && records[0].dropFirst(10).starts(with: "'BINTABLE".utf8) }

    /// The text before a comment.
    private static func value(_ field: Slice<UnsafeRawBufferPointer>) -> String {
        if let text = string(field) { return "'\(text)'" }
        let end = field.firstIndex(of: UInt8(ascii: "/")) ?? field.endIndex
        let text = field[..<end].drop { $0 == 0x20 }
        let last = text.lastIndex { $0 != 0x20 }.map { text.index(after: $0) } ?? text.startIndex
        return String(decoding: text[..<last], as: UTF8.self)
    }

    /// A string in quotes, in which a quote is doubled, without the spaces at its end; nil for any other value.
    private static func string(_ field: Slice<UnsafeRawBufferPointer>) -> String? {
        let quote = UInt8(ascii: "'")
        var rest = field.drop { $0 == 0x20 }
        guard rest.first == quote else { return nil }
        rest = rest.dropFirst()
        var text: [UInt8] = []
        while let byte = rest.first {
            rest = rest.dropFirst()
            if byte == quote {
                guard rest.first == quote else { break }
                rest = rest.dropFirst()
            }
            text.append(byte)
        }
        while text.last == 0x20 { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Faults

    func damaged(_ problem: String) -> Fault { Self.damaged(file, "HDU \(number) \(problem)") }

    static func damaged(_ file: String, _ problem: String) -> Fault {
        Fault(
            .badData, file, "is no FITS file that can be read: \(problem)",
            remedy: "copy the file again, or save it again; `fitsverify` gives details")
    }
}
