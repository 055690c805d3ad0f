/// What the header of an image HDU says: where its pixels are, and how they are stored.
struct FITSImageHeader {
    /// The HDU's number, from 0 for the primary one, as in astropy.
    let number: Int
    /// EXTNAME; empty if there is none.
    let extensionName: String
    /// The axes' lengths in C order, NAXIS1 last.
    let shape: [Int]
    let format: FITSPixelFormat
    /// Where the pixels are in the file; nil for tiles that have to be decompressed.
    let bytes: Range<Int>?

    var pixelCount: Int { shape.reduce(1, *) }

    /// What the HDU is called: EXTNAME, or `PRIMARY` for a primary HDU without one, as in astropy.
    var name: String { number == 0 && extensionName.isEmpty ? "PRIMARY" : extensionName }

    /// `HDU 2`, `HDU 2 (SCI)`: its name in messages.
    var title: String { name.isEmpty ? "HDU \(number)" : "HDU \(number) (\(name))" }

    /// EXTNAME without a trailing number: `STAMP_0001` and `STAMP_0002` are images of one kind.
    var kind: String {
        guard let end = extensionName.lastIndex(where: { !$0.isNumber && !"_-. ".contains($0) }) else { return "" }
        return extensionName[...end].uppercased()
    }

    /// The stamps of an image of this shape: (height, width) is one, (N, height, width) N; there may also be an axis of
    /// length 1, the last one in C order, as in numpy's shapes, or the first. Nil for any other shape.
    var stamps: (count: Int, height: Int, width: Int)? {
        switch shape.count {
        case 2: (1, shape[0], shape[1])
        case 3: (shape[0], shape[1], shape[2])
        case 4 where shape[3] == 1: (shape[0], shape[1], shape[2])
        case 4 where shape[0] == 1: (shape[1], shape[2], shape[3])
        default: nil
        }
    }
}
