import Faults
import Files
import Glibc

extension FITSImages {
    /// What every FITS file starts with.
    static let magic = Array("SIMPLE  =".utf8)
    /// The endings of FITS files' names; a colon and the name of an HDU may follow.
    static let nameEndings = [".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fts.gz", ".fits.fz", ".fz"]

    /// Whether these bytes are a FITS file, or possibly one compressed by gzip.
    static func isFITS(_ bytes: UnsafeRawBufferPointer) -> Bool {
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
    ///     HDU from 0; nil for all images of the file, which must then be of one kind.
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
                    throw Fault(
                        .badData, file, "holds no FITS file, once it is inflated", remedy: "gunzip any other file first"
                    )
                }
            }
            if ranged?.byteCount != contents.bytes.count { ranged = nil }
            let images = try withExtendedLifetime(contents) {
                try Self.images(FITSUnits(contents.bytes, file: file).images(), selecting: selection, file: file)
            }
            let size = try Self.size(of: images, file: file)
            let isInPlace = images.allSatisfy { $0.bytes != nil }
            let storage: ArrayBytes =
                if isInPlace {
                    ranged.map { .file($0) } ?? .block(contents)
                } else {
                    .block(try FITSDecoder.storedPixels(of: images, in: contents, isFile: ranged != nil, file: file))
                }
            var parts: [Part] = []
            var (pixel, byte) = (0, 0)
            for image in images {
                parts.append(
                    Part(
                        firstPixel: pixel, pixelCount: image.pixelCount,
                        byteOffset: isInPlace ? image.bytes!.lowerBound : byte,
                        format: isInPlace ? image.format : image.format.inMemory))
                pixel += image.pixelCount
                byte += image.byteCount
            }
            self.init(height: size.height, width: size.width, parts: parts, storage: storage)
        #else
            throw Fault(
                .usage, file, "this build has no FITS support",
                remedy: "install libcfitsio-dev and build with the package trait FITS, or save the stamps as .npy")
        #endif
    }
}

#if FITS
    extension FITSImages {
        /// The images that hold stamps.
        private static func images(
            _ images: [FITSImageHeader], selecting selection: String?, file: String
        ) throws -> [FITSImageHeader] {
            guard !images.isEmpty else {
                throw Fault(
                    .badData, file, "holds no image of two or more axes",
                    remedy: "save the stamps as a cube, or each as an image HDU")
            }
            guard let selection else {
                guard images.allSatisfy({ $0.kind == images[0].kind }) else {
                    throw Fault(
                        .badData, file, "holds images of several kinds: \(list(images))",
                        remedy: "\(file):EXTNAME takes those of one name, which may be a pattern; \(file):* takes all")
                }
                return images
            }
            // FITS compares names without regard to case.
            let pattern = selection.uppercased()
            // A name may hold what means something in a pattern: brackets.
            let exact = images.filter { $0.name.uppercased() == pattern }
            let named = exact.isEmpty ? images.filter { fnmatch(pattern, $0.name.uppercased(), 0) == 0 } : exact
            let selected = named.isEmpty ? images.filter { "\($0.number)" == selection } : named
            guard !selected.isEmpty else {
                throw Fault(
                    .missingInput, file, "holds no image called \(selection)", remedy: "name one of \(list(images))")
            }
            return selected
        }

        /// The size of the stamps that all of the images hold.
        private static func size(of images: [FITSImageHeader], file: String) throws -> (height: Int, width: Int) {
            var first: (height: Int, width: Int)?
            for image in images {
                guard let stamps = image.stamps else {
                    throw Fault(
                        .badData, file,
                        "\(image.title) has the shape \(shapeText(image.shape)), which is not one of stamps",
                        remedy:
                            "save it as a cube (NAXIS1 columns, NAXIS2 rows, NAXIS3 stamps) or each stamp as an image")
                }
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
            return first!
        }

        private static func list(_ images: [FITSImageHeader]) -> String {
            let longest = 12
            let titles = images.prefix(longest).map(\.title).joined(separator: ", ")
            return images.count > longest ? "\(titles), … (\(images.count) in all)" : titles
        }
    }
#endif
