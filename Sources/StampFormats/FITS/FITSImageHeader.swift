import Faults
import Files

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
    /// Of its pixels, once they are not compressed.
    var byteCount: Int { pixelCount * format.storage.byteCount }

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

extension FITSImageHeader {
    /// No image of stamps has more axes.
    private static let mostAxes = 16

    /// The image of an HDU; nil for a table, and for an image without two axes or without pixels.
    ///
    /// - Parameters:
    ///   - byteCount: of the HDU's data, which lie in the file.
    ///   - fileByteCount: of the file.
    /// - Throws: a `badData` fault when the header is damaged.
    init?(_ header: FITSHeader, byteCount: Int, fileByteCount: Int) throws {
        let isCompressed = try header.number > 0 && header.isTrue("ZIMAGE")
        guard isCompressed || header.number == 0 || ["IMAGE", "IUEIMAGE"].contains(header.string("XTENSION")) else {
            return nil
        }
        let prefix = isCompressed ? "Z" : ""
        let shape = try Self.shape(header, key: "\(prefix)NAXIS")
        guard shape.count >= 2, shape.allSatisfy({ $0 > 0 }) else { return nil }
        guard shape.count <= Self.mostAxes else { throw header.damaged("has \(shape.count) axes") }
        let bits = try header.requiredInteger("\(prefix)BITPIX")
        guard var storage = FITSPixelFormat.Storage(rawValue: Int(clamping: bits)) else {
            throw header.damaged("has the \(prefix)BITPIX \(bits), which there is not")
        }
        guard let pixelBytes = Self.product(shape + [storage.byteCount]) else {
            throw header.damaged("claims the shape \(shapeText(shape)), which no computer can hold")
        }
        // The standard has no BLANK for floating-point pixels, whatever stands there: they have NaN.
        var blank = bits > 0 ? try header.integer("BLANK") : nil
        if isCompressed {
            try Self.checkTiles(header, storage, axes: shape.count, byteCount: pixelBytes, fileByteCount)
            if bits > 0, try blank != nil || Self.hasUndefinedTiles(header) {
                // cfitsio knows which pixels are undefined, tile by tile, and makes them NaN. No integer is lost.
                (storage, blank) = (.float64, nil)
            }
        } else if pixelBytes > byteCount {
            throw header.damaged("claims more pixels than it has data")
        }
        self.init(
            number: header.number,
            // Programs that compress images used to leave the name of their table beside that of the image.
            extensionName: header.string("EXTNAME", besides: isCompressed ? "COMPRESSED_IMAGE" : "") ?? "",
            shape: shape,
            format: FITSPixelFormat(
                storage: storage, scale: try header.real("BSCALE") ?? 1, zero: try header.real("BZERO") ?? 0,
                blank: blank, isBigEndian: !isCompressed),
            bytes: isCompressed ? nil : header.end..<header.end + pixelBytes)
    }

    /// Whether a compressed image of integers says which of its pixels are undefined: for all tiles in the header, or
    /// for each in a column.
    private static func hasUndefinedTiles(_ header: FITSHeader) throws -> Bool {
        try header.integer("ZBLANK") != nil || header.hasString("ZBLANK", ofAny: "TTYPE")
    }

    /// Refuses claims about compressed tiles that would make cfitsio allocate memory without need.
    private static func checkTiles(
        _ header: FITSHeader, _ storage: FITSPixelFormat.Storage, axes: Int, byteCount: Int, _ fileByteCount: Int
    ) throws {
        // cfitsio refuses 64-bit integers, or worse, reads other numbers.
        guard storage != .int64 else {
            throw Fault(
                .badData, header.file,
                "HDU \(header.number) holds compressed 64-bit integers, which cfitsio cannot read",
                remedy: "save the image uncompressed")
        }
        var tile: [Int] = []
        for axis in 1...axes {
            let length = try header.integer("ZTILE\(axis)") ?? 1
            guard length > 0 else { throw header.damaged("has tiles of \(length) pixels") }
            tile.append(Int(length))
        }
        let most = Expansion.most(of: fileByteCount)
        guard let tilePixels = product(tile), max(byteCount, tilePixels) <= most else {
            throw header.damaged("claims images that so short a file cannot hold")
        }
    }

    /// The axes' lengths in C order, by NAXIS and NAXISn or another key.
    static func shape(_ header: FITSHeader, key: String) throws -> [Int] {
        let count = try header.requiredInteger(key)
        // The standard's limit.
        guard (0...999).contains(count) else { throw header.damaged("has \(count) axes") }
        return try (0..<count).reversed().map { axis in
            let length = try header.requiredInteger("\(key)\(axis + 1)")
            guard length >= 0 else { throw header.damaged("has an axis of length \(length)") }
            return Int(length)
        }
    }

    /// Nil when it is too large.
    static func product(_ factors: [Int]) -> Int? {
        var product = 1
        for factor in factors {
            let (next, isTooLarge) = product.multipliedReportingOverflow(by: factor)
            guard !isTooLarge else { return nil }
            product = next
        }
        return product
    }
}
