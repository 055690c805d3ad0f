import Faults
import Files

extension FITSImages {
    /// What every FITS file starts with.
    static let magic = Array("SIMPLE  =".utf8)
    /// The endings of FITS files' names; a colon and the name of an HDU may follow.
    static let nameEndings = [".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fts.gz", ".fits.fz", ".fz"]

    /// Whether these bytes are a FITS file, or possibly one compressed by gzip.
    static func isFITS(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.starts(with: magic) || bytes.starts(with: GzipStream.magic)
    }

    /// Splits `FILE.fits:NAME` into file and selection; the selection is nil if there is none. Endings may be in
    /// capitals.
    static func split(_ path: String) -> (file: String, selection: String?) {
        NamedPart.split(path, endings: nameEndings).map { ($0.file, $0.part) } ?? (path, nil)
    }

    /// The stamps of a FITS file.
    ///
    /// Uncompressed pixels are left where they are; others are decompressed into memory.
    ///
    /// - Parameters:
    ///   - contents: the file's bytes; those outside headers and compressed pixels are not touched.
    ///   - ranged: the same file, from which pixels are read by range; nil for anything else, such as a pipe.
    ///   - file: what messages call it.
    ///   - selection: EXTNAME of the HDUs that hold the stamps, a pattern of it (`fnmatch`(3)), or the number of one
    ///     HDU from 0; several of these, with commas between them, for as many channels; nil for all images of the
    ///     file, which must then be of one kind.
    /// - Throws: a `badData` fault when the file is damaged or holds something other than stamps; `missingInput` when
    ///   nothing has that name; `usage` in a build without FITS support.
    init(
        _ contents: ReadOnlyBytes, in ranged: RangedFile?, file: String, selecting selection: String?
    ) throws {
        #if FITS
            var (contents, ranged) = (contents, ranged)
            if contents.bytes.starts(with: GzipStream.magic) {
                contents = try GzipStream.contents(of: contents.bytes, name: file)
                ranged = nil
                guard contents.bytes.starts(with: Self.magic) else {
                    let inner = ForeignFile(beginning: contents.bytes.prefix(1 << 12))
                    throw Fault(
                        .badData, file,
                        "holds no FITS file, once it is inflated\(inner.map { ", but \($0.name)" } ?? "")",
                        remedy: "unpack it first: \(inner == .tar ? "tar -xf" : "gunzip") \(file)")
                }
            }
            if ranged?.byteCount != contents.bytes.count { ranged = nil }
            let kinds = try withExtendedLifetime(contents) {
                try FITSSelection(selection, file: file).kinds(
                    among: FITSUnits(contents.bytes, file: file).images())
            }
            let images = kinds.flatMap(\.images)
            let size = try Self.size(of: kinds, file: file)
            let isInPlace = images.allSatisfy { $0.bytes != nil }
            let storage: ArrayBytes =
                if isInPlace {
                    ranged.map { .file($0) } ?? .block(contents)
                } else {
                    .block(try FITSDecoder.storedPixels(of: images, in: contents, isFile: ranged != nil, file: file))
                }
            var byte = 0
            let channels = kinds.map { kind in
                var (parts, pixel): ([Part], Int) = ([], 0)
                for image in kind.images {
                    parts.append(
                        Part(
                            firstPixel: pixel, pixelCount: image.pixelCount,
                            byteOffset: isInPlace ? image.bytes!.lowerBound : byte,
                            format: isInPlace ? image.format : image.format.inMemory))
                    pixel += image.pixelCount
                    byte += image.byteCount
                }
                return Channel(parts: parts)
            }
            self.init(
                height: size.height, width: size.width, channels: channels,
                names: kinds.count > 1 ? kinds.map(\.name) : nil, storage: storage)
        #else
            throw Fault(
                .usage, file, "this build has no FITS support",
                remedy: "install libcfitsio-dev and build with the package trait FITS, or save the stamps as .npy")
        #endif
    }
}

#if FITS
    extension FITSImages {
        /// The size of the stamps that all of the images hold, as many of each kind.
        private static func size(
            of kinds: [FITSSelection.Kind], file: String
        ) throws -> (height: Int, width: Int) {
            let images = kinds.flatMap(\.images)
            var first: (height: Int, width: Int)?
            for image in images {
                let stamps = try stamps(of: image, file: file)
                let expected = first ?? (stamps.height, stamps.width)
                guard (stamps.height, stamps.width) == expected else {
                    throw Fault(
                        .badData, file,
                        """
                        the stamps of \(image.title) are \(stamps.height)×\(stamps.width), those of \
                        \(images[0].title) are \(expected.height)×\(expected.width)
                        """,
                        remedy: "cut all stamps to one size, or select HDUs with \(file):EXTNAME")
                }
                first = expected
            }
            let counts = try kinds.map { try $0.images.reduce(0) { try $0 + stamps(of: $1, file: file).count } }
            if let other = counts.firstIndex(where: { $0 != counts[0] }) {
                throw Fault(
                    .badData, file,
                    """
                    holds \(counts[0]) stamps called \(kinds[0].name) and \(counts[other]) called \
                    \(kinds[other].name)
                    """,
                    remedy: "give each stamp an image of every channel")
            }
            return first!
        }

        private static func stamps(
            of image: FITSImageHeader, file: String
        ) throws -> (count: Int, height: Int, width: Int) {
            if let stamps = image.stamps { return stamps }
            throw Fault(
                .badData, file,
                "\(image.title) has the shape \(shapeText(image.shape)), which is not one of stamps",
                remedy: "save it as a cube (NAXIS1 columns, NAXIS2 rows, NAXIS3 stamps) or each stamp as an image")
        }
    }
#endif
