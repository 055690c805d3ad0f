/// A header and data unit with these keywords and as many zero bytes of data, padded as the standard wants it.
func headerUnit(_ keywords: [(String, String)], data: Int) -> [UInt8] {
    let cards = keywords.map { key, value in
        let name = key + String(repeating: " ", count: 8 - key.utf8.count)
        return name + "= " + String(repeating: " ", count: max(0, 20 - value.utf8.count)) + value
    }
    var bytes: [UInt8] = []
    for card in cards + ["END"] { bytes += Array(card.utf8) + [UInt8](repeating: 0x20, count: 80 - card.utf8.count) }
    bytes += [UInt8](repeating: 0x20, count: padding(bytes.count))
    return bytes + [UInt8](repeating: 0, count: data + padding(data))
}

/// A primary HDU with an image.
func primary(_ axes: [String], bits: Int = -32, more: [(String, String)] = [], data: Int) -> [UInt8] {
    headerUnit([("SIMPLE", "T")] + imageKeywords(bits, axes) + more, data: data)
}

/// An extension with an image of single-precision pixels.
func imageExtension(_ axes: [String], more: [(String, String)] = [], data: Int) -> [UInt8] {
    headerUnit(
        [("XTENSION", "'IMAGE   '")] + imageKeywords(-32, axes) + [("PCOUNT", "0"), ("GCOUNT", "1")] + more,
        data: data)
}

private func imageKeywords(_ bits: Int, _ axes: [String]) -> [(String, String)] {
    [("BITPIX", "\(bits)"), ("NAXIS", "\(axes.count)")]
        + axes.enumerated().map { ("NAXIS\($0.offset + 1)", $0.element) }
}

/// What is missing to a multiple of 2880 bytes.
private func padding(_ count: Int) -> Int { (2880 - count % 2880) % 2880 }
