import Files

/// `FILE:PART`, where the file's ending tells where its name is over.
package enum NamedPart {
    /// Splits a name behind the last of the endings that a colon follows. Endings may be in capitals.
    ///
    /// - Parameter endings: in small letters.
    /// - Returns: nil if no colon follows an ending, or there is a file of just that name.
    package static func split(_ path: String, endings: [String]) -> (file: String, part: String)? {
        let bytes = Array(path.utf8)
        let colons = bytes.indices.reversed().filter { bytes[$0] == UInt8(ascii: ":") }
        guard let colon = colons.first(where: { has(endings, bytes[..<$0]) }), !FileAccess.exists(path) else {
            return nil
        }
        return (
            String(decoding: bytes[..<colon], as: UTF8.self), String(decoding: bytes[(colon + 1)...], as: UTF8.self)
        )
    }

    /// Whether a file's name has one of the endings.
    package static func has(_ endings: [String], _ name: some Sequence<UInt8>) -> Bool {
        let small = name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 }
        return endings.contains { small.reversed().starts(with: $0.utf8.reversed()) }
    }
}
