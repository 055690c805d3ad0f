import Faults
import Files
import Isolation

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
    /// Uncompressed pixels are left where they are; others are decompressed into memory. cfitsio sees the file in a
    /// process of its own (``DecodingProcess``); what that says is checked here.
    ///
    /// - Parameters:
    ///   - input: the file, or its bytes.
    ///   - storage: the same, where pixels that are not compressed are read.
    ///   - file: what messages call it.
    ///   - selection: EXTNAME of the HDUs that hold the stamps, a pattern of it (`fnmatch`(3)), or the number of one
    ///     HDU from 0; nil for all images of the file, which must then be of one kind.
    /// - Throws: a `badData` fault when the file is damaged or holds something other than stamps; `missingInput` when
    ///   nothing has that name; `usage` in a build without FITS support.
    init(
        _ input: DecodingProcess.Input, storage: ArrayBytes, file: String, selecting selection: String?
    ) throws {
        #if FITS
            let decoded = try DecodingProcess.shared.decode(
                FITSDecoder.self, FITSDecoder.Request(file: file, selection: selection), in: input, name: file)
            let answer = decoded.answer
            let pixels = answer.isInFile ? storage : .block(decoded.payload)
            guard Self.agree(answer, byteCount: pixels.byteCount) else {
                throw Fault(
                    .badData, file, "is damaged: its images contradict their sizes", remedy: "copy the file again")
            }
            self.init(height: answer.height, width: answer.width, parts: answer.parts, storage: pixels)
        #else
            throw Fault(
                .usage, file, "this build has no FITS support",
                remedy: "install libcfitsio-dev and build with the package trait FITS, or save the stamps as .npy")
        #endif
    }

    #if FITS
        /// Whether parts follow each other and lie within the bytes that hold them.
        private static func agree(_ answer: FITSDecoder.Answer, byteCount: Int) -> Bool {
            let (stampPixels, isTooLarge) = answer.height.multipliedReportingOverflow(by: answer.width)
            guard answer.height > 0, answer.width > 0, !isTooLarge, !answer.parts.isEmpty else { return false }
            var pixel = 0
            for part in answer.parts {
                let size = part.format.storage.byteCount
                guard part.firstPixel == pixel, part.pixelCount > 0, part.pixelCount <= byteCount / size,
                    part.pixelCount % stampPixels == 0, part.byteOffset >= 0,
                    part.byteOffset <= byteCount - part.pixelCount * size
                else { return false }
                let (next, isTooLarge) = pixel.addingReportingOverflow(part.pixelCount)
                guard !isTooLarge else { return false }
                pixel = next
            }
            return true
        }
    #endif
}
