#if FITS
    import CFITSIO
    import Faults
    import Files
    import Isolation

    /// Decompresses tiles of FITS images with cfitsio, in a process of its own.
    package enum FITSDecoder: IsolatedDecoder {
        /// Which images, of what.
        package struct Request: Codable {
            /// What messages call the file.
            let file: String
            let images: [Image]
        }

        struct Image: Codable {
            /// The HDU's number, from 0.
            let number: Int
            let title: String
            let pixelCount: Int
            /// What each pixel becomes.
            let storage: FITSPixelFormat.Storage
            /// Where its bytes are, if it is not compressed.
            let bytes: Range<Int>?

            var byteCount: Int { pixelCount * storage.byteCount }
        }

        /// The payload is the pixels of all images, one after another, in this machine's byte order.
        package struct Answer: Codable {}

        package static let name = "fits"

        /// The stored pixels of images one after another, in this machine's byte order.
        ///
        /// - Parameters:
        ///   - contents: of the file.
        ///   - isFile: whether they are those of a regular file that is called `file`.
        static func storedPixels(
            of images: [FITSImageHeader], in contents: ReadOnlyBytes, isFile: Bool, file: String
        ) throws -> ReadOnlyBytes {
            let request = Request(
                file: file,
                images: images.map {
                    Image(
                        number: $0.number, title: $0.title, pixelCount: $0.pixelCount, storage: $0.format.storage,
                        bytes: $0.bytes)
                })
            let pixels = try withExtendedLifetime(contents) {
                try DecodingProcess.shared.decode(
                    Self.self, request, in: isFile ? .file(file) : .memory(contents.bytes), name: file
                ).payload
            }
            guard pixels.bytes.count == request.images.reduce(0, { $0 + $1.byteCount }) else {
                throw FITSHeader.damaged(file, "its pixels do not fill its images")
            }
            return pixels
        }

        package static func decode(
            _ request: Request, _ bytes: UnsafeRawBufferPointer, _ payload: DecodedPayload
        ) throws -> Answer {
            let block = try payload.allocate(request.images.reduce(0) { $0 + $1.byteCount }, name: request.file)
            try FITSFile.with(bytes, name: request.file) { fits in
                var offset = 0
                for image in request.images {
                    let target = UnsafeMutableRawBufferPointer(rebasing: block[offset..<offset + image.byteCount])
                    if let range = image.bytes {
                        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
                        image.storage.toThisMachine(target)
                    } else {
                        try fits.readStoredPixels(of: image, to: target.baseAddress!)
                    }
                    offset += image.byteCount
                }
            }
            return Answer()
        }
    }

    /// A FITS file opened by cfitsio, for pixels in compressed tiles.
    ///
    /// cfitsio is given bytes instead of a name: it opens nothing itself.
    private struct FITSFile {
        private let file: UnsafeMutablePointer<fitsfile>
        private let name: String

        /// Calls `body` with the file in these bytes and closes it afterwards; `name` is what messages call it.
        ///
        /// - Throws: a `badData` fault when they are not a FITS file, and what `body` throws.
        static func with(_ bytes: UnsafeRawBufferPointer, name: String, _ body: (FITSFile) throws -> Void) throws {
            // cfitsio keeps the addresses of both, and writes to neither: the file is open for reading.
            var base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            // It reads whole blocks only.
            var count = bytes.count / FITSHeader.block * FITSHeader.block
            guard count > 0 else { throw FITSHeader.damaged(name, "its first header is cut off") }
            try withUnsafeMutablePointer(to: &base) { base in
                try withUnsafeMutablePointer(to: &count) { count in
                    var file: UnsafeMutablePointer<fitsfile>?
                    let status = cfitsio_open_memory(&file, base, count)
                    guard status == 0, let file else {
                        throw FITSHeader.damaged(name, "its first header cannot be read (\(meaning(of: status)))")
                    }
                    defer { _ = cfitsio_close(file) }
                    try body(FITSFile(file: file, name: name))
                }
            }
        }

        /// Reads the pixels of a compressed image as they are stored to `destination`, which has room for them.
        /// Undefined pixels become NaN.
        ///
        /// - Throws: a `badData` fault when they are damaged, or cfitsio sees another image than was asked for.
        func readStoredPixels(of image: FITSDecoder.Image, to destination: UnsafeMutableRawPointer) throws {
            var type: Int32 = 0
            var status = cfitsio_move(file, Int32(clamping: image.number + 1), &type)
            if status == 0 { status = try checkSize(of: image) }
            if status == 0 {
                var undefined = (float: Float.nan, double: Double.nan)
                let count = Int64(image.pixelCount)
                status =
                    switch image.storage {
                    case .unsignedByte: cfitsio_read_stored_pixels(file, TBYTE, count, nil, destination)
                    case .int16: cfitsio_read_stored_pixels(file, TSHORT, count, nil, destination)
                    case .int32: cfitsio_read_stored_pixels(file, TINT, count, nil, destination)
                    case .int64: cfitsio_read_stored_pixels(file, TLONGLONG, count, nil, destination)
                    case .float32: cfitsio_read_stored_pixels(file, TFLOAT, count, &undefined.float, destination)
                    case .float64: cfitsio_read_stored_pixels(file, TDOUBLE, count, &undefined.double, destination)
                    }
            }
            guard status == 0 else {
                throw FITSHeader.damaged(
                    name, "the pixels of \(image.title) cannot be read (\(Self.meaning(of: status)))")
            }
        }

        /// The status of looking at the size.
        private func checkSize(of image: FITSDecoder.Image) throws -> Int32 {
            var (bits, axes) = (Int32(0), Int32(0))
            var lengths = [Int64](repeating: 0, count: 16)
            let status = cfitsio_image_parameters(file, Int32(lengths.count), &bits, &axes, &lengths)
            guard status == 0 else { return status }
            let shape = lengths.prefix(Int(clamping: max(0, axes))).map { Int($0) }
            guard axes <= lengths.count, FITSImageHeader.product(shape) == image.pixelCount else {
                throw FITSHeader.damaged(name, "\(image.title) has another size for cfitsio")
            }
            return 0
        }

        /// What a status means; clears the library's own messages about it.
        private static func meaning(of status: Int32) -> String {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(FLEN_STATUS)) { text in
                cfitsio_describe(status, text.baseAddress!)
                return "cfitsio: " + String(cString: text.baseAddress!)
            }
        }
    }
#endif
