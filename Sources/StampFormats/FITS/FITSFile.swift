import Files

#if FITS
    import CFITSIO
    import Faults
    import Synchronization

    /// A FITS file opened by cfitsio: its headers, and pixels in compressed tiles.
    ///
    /// cfitsio is given bytes instead of a name: it opens nothing itself, and never sees the pixels that are read by
    /// range.
    struct FITSFile {
        /// cfitsio may have been built without support for threads.
        private static let cfitsioLock = Mutex<Void>(())
        /// The most axes whose lengths are read; an image of stamps has fewer.
        private static let mostAxes = 16

        private let file: UnsafeMutablePointer<fitsfile>
        private let bytes: UnsafeRawBufferPointer
        private let name: String

        /// Calls `body` with the file in these bytes and closes it afterwards; `name` is what messages call it.
        ///
        /// - Throws: a `badData` fault when they are not a FITS file, and what `body` throws.
        static func with<Result>(
            _ bytes: UnsafeRawBufferPointer, name: String, _ body: (FITSFile) throws -> Result
        ) throws -> Result {
            var result: Result?
            try cfitsioLock.withLock { _ in
                // cfitsio keeps the addresses of both, and writes to neither: the file is open for reading.
                var base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                // It reads whole blocks only.
                var count = bytes.count / block * block
                guard count > 0 else { throw damaged(name, "its first header is cut off") }
                result = try withUnsafeMutablePointer(to: &base) { base in
                    try withUnsafeMutablePointer(to: &count) { count in
                        var file: UnsafeMutablePointer<fitsfile>?
                        let status = cfitsio_open_memory(&file, base, count)
                        guard status == 0, let file else {
                            throw damaged(name, "its first header cannot be read", status)
                        }
                        defer { _ = cfitsio_close(file) }
                        return try body(FITSFile(file: file, bytes: bytes, name: name))
                    }
                }
            }
            return result!
        }

        private init(file: UnsafeMutablePointer<fitsfile>, bytes: UnsafeRawBufferPointer, name: String) {
            (self.file, self.bytes, self.name) = (file, bytes, name)
        }

        /// The headers of all images with at least two axes and one pixel, in the order of the file. Tables and empty
        /// HDUs are left out.
        ///
        /// - Throws: a `badData` fault when a header is damaged or the file is cut off.
        func imageHeaders() throws -> [FITSImageHeader] {
            guard try string("SIMPLE", 0) == "T" else {
                throw Self.damaged(name, "declares that it does not conform to the standard (SIMPLE is not T)")
            }
            var images: [FITSImageHeader] = []
            var end = 0
            var number = 0
            // If an HDU ends beyond the bytes that it was given, cfitsio assumes that there are that many. So nothing
            // is read after such an HDU: it must be the last, which need not be padded, and its header is complete.
            while end < wholeByteCount {
                var type: Int32 = 0
                let status = cfitsio_move(file, Int32(clamping: number + 1), &type)
                // A tape may have padded the file after its last HDU.
                if status != 0, isPadding(bytes[end...]) { break }
                guard status == 0 else {
                    throw Self.damaged(name, "HDU \(number) cannot be read: it is damaged or cut off", status)
                }
                let addresses = try addresses(number, after: end)
                if let image = try imageHeader(number, type: type, dataOffset: addresses.data) { images.append(image) }
                end = addresses.end
                number += 1
            }
            guard end >= bytes.count || isPadding(bytes[end...]) else {
                throw Self.damaged(name, "HDU \(number) cannot be read: it is damaged or cut off")
            }
            guard end <= wholeByteCount || images.allSatisfy({ $0.bytes != nil }) else { throw truncated(number - 1) }
            return images
        }

        /// Reads the pixels of an image as they are stored, but in this machine's byte order, to `destination`, which
        /// has room for them. Undefined pixels of floating-point images become NaN.
        ///
        /// - Throws: a `badData` fault when they are damaged.
        func readStoredPixels(of image: FITSImageHeader, to destination: UnsafeMutableRawPointer) throws {
            var type: Int32 = 0
            var status = cfitsio_move(file, Int32(image.number + 1), &type)
            if status == 0 {
                var undefined = (float: Float.nan, double: Double.nan)
                let count = Int64(image.pixelCount)
                status =
                    switch image.format.storage {
                    case .unsignedByte: cfitsio_read_stored_pixels(file, TBYTE, count, nil, destination)
                    case .int16: cfitsio_read_stored_pixels(file, TSHORT, count, nil, destination)
                    case .int32: cfitsio_read_stored_pixels(file, TINT, count, nil, destination)
                    case .int64: cfitsio_read_stored_pixels(file, TLONGLONG, count, nil, destination)
                    case .float32: cfitsio_read_stored_pixels(file, TFLOAT, count, &undefined.float, destination)
                    case .float64: cfitsio_read_stored_pixels(file, TDOUBLE, count, &undefined.double, destination)
                    }
            }
            guard status == 0 else {
                throw Self.damaged(name, "the pixels of \(image.title) cannot be read", status)
            }
        }
    }

    // MARK: One header

    extension FITSFile {
        /// The bytes of whole blocks, all that cfitsio sees.
        private var wholeByteCount: Int { bytes.count / Self.block * Self.block }

        private func isPadding(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
            bytes.allSatisfy { $0 == 0 || $0 == 0x20 }
        }

        /// Where the data of cfitsio's current HDU start, and where the next HDU does.
        ///
        /// cfitsio's arithmetic may overflow for absurd lengths: each HDU must follow the one before.
        private func addresses(_ number: Int, after previous: Int) throws -> (data: Int, end: Int) {
            var (header, data, end) = (Int64(0), Int64(0), Int64(0))
            let status = cfitsio_addresses(file, &header, &data, &end)
            guard status == 0, header == previous, data > header, end >= data else {
                throw Self.damaged(name, "HDU \(number) claims a size that no file has", status)
            }
            // The last block of a file need not be whole, as long as its data are.
            guard end - Int64(Self.block) < bytes.count else { throw truncated(number) }
            return (Int(data), Int(end))
        }

        /// The header of cfitsio's current HDU; nil if that is not an image.
        private func imageHeader(_ number: Int, type: Int32, dataOffset: Int) throws -> FITSImageHeader? {
            let isCompressed = cfitsio_is_compressed_image(file) != 0
            guard type == IMAGE_HDU || isCompressed else { return nil }
            let header = try header(number, isCompressed: isCompressed)
            var parameters = try parameters(number)
            guard parameters.shape.count >= 2, parameters.shape.allSatisfy({ $0 > 0 }) else { return nil }
            let byteCount = try byteCount(of: parameters.shape, parameters.storage, number)
            if isCompressed {
                try checkTiles(parameters.shape.count, parameters.storage, byteCount: byteCount, header)
            } else if byteCount > bytes.count - dataOffset {
                throw truncated(number)
            }
            // The standard has no BLANK for floating-point pixels, whatever stands there: they have NaN.
            var blank = parameters.storage.rawValue > 0 ? try integer("BLANK", header) : nil
            if isCompressed, parameters.storage.rawValue > 0, try blank != nil || hasUndefinedTiles(header) {
                // cfitsio knows which pixels are undefined, tile by tile, and makes them NaN. No integer is lost.
                (parameters.storage, blank) = (.float64, nil)
            }
            return FITSImageHeader(
                number: number, extensionName: try extensionName(number, isCompressed: isCompressed),
                shape: parameters.shape,
                format: FITSPixelFormat(
                    storage: parameters.storage, scale: try real("BSCALE", header) ?? 1,
                    zero: try real("BZERO", header) ?? 0, blank: blank, isBigEndian: !isCompressed),
                bytes: isCompressed ? nil : dataOffset..<dataOffset + byteCount)
        }

        /// Whether a compressed image of integers says which of its pixels are undefined: for all tiles in the header,
        /// or for each in a column.
        private func hasUndefinedTiles(_ header: Header) throws -> Bool {
            try integer("ZBLANK", header) != nil || cfitsio_has_column(file, "ZBLANK") != 0
        }

        /// EXTNAME, or the empty string. Programs that compress images used to leave the name of their table beside
        /// that of the image.
        private func extensionName(_ number: Int, isCompressed: Bool) throws -> String {
            guard let name = try string("EXTNAME", number) else { return "" }
            guard isCompressed, name == "COMPRESSED_IMAGE" else { return name }
            return try text("EXTNAME", number, cfitsio_read_next_string) ?? name
        }

        /// BITPIX and the axes' lengths in C order.
        private func parameters(_ number: Int) throws -> (storage: FITSPixelFormat.Storage, shape: [Int]) {
            var (bits, axes) = (Int32(0), Int32(0))
            var lengths = [Int64](repeating: 0, count: Self.mostAxes)
            let status = cfitsio_image_parameters(file, Int32(Self.mostAxes), &bits, &axes, &lengths)
            guard status == 0, let storage = FITSPixelFormat.Storage(rawValue: Int(bits)), axes >= 0 else {
                throw Self.damaged(name, "HDU \(number) has no valid BITPIX and NAXIS", status)
            }
            guard axes <= Self.mostAxes else {
                throw Self.damaged(name, "HDU \(number) has \(axes) axes")
            }
            return (storage, lengths[..<Int(axes)].reversed().map { Int($0) })
        }

        private func byteCount(
            of shape: [Int], _ storage: FITSPixelFormat.Storage, _ number: Int
        ) throws -> Int {
            guard let count = Self.product(shape + [storage.byteCount]) else {
                throw Self.damaged(
                    name, "HDU \(number) claims the shape \(shapeText(shape)), which no computer can hold")
            }
            return count
        }

        /// Refuses claims about compressed tiles that would make cfitsio allocate memory without need.
        private func checkTiles(
            _ axes: Int, _ storage: FITSPixelFormat.Storage, byteCount: Int, _ header: Header
        ) throws {
            let number = header.number
            // cfitsio refuses 64-bit integers, or worse, reads other numbers.
            guard storage != .int64 else {
                throw Fault(
                    .badData, name, "HDU \(number) holds compressed 64-bit integers, which cfitsio cannot read",
                    remedy: "save the image uncompressed")
            }
            let most = Expansion.most(of: bytes.count)
            var tile: [Int] = []
            for axis in 1...axes {
                let length = try integer("ZTILE\(axis)", header) ?? 1
                guard length > 0 else { throw Self.damaged(name, "HDU \(number) has tiles of \(length) pixels") }
                tile.append(Int(length))
            }
            guard let tilePixels = Self.product(tile), max(byteCount, tilePixels) <= most else {
                throw Self.damaged(name, "HDU \(number) claims images that so short a file cannot hold")
            }
        }

        /// A FITS file's headers and data are padded to a multiple of this.
        private static var block: Int { 2880 }

        private static func product(_ factors: [Int]) -> Int? {
            var product = 1
            for factor in factors {
                let (next, isTooLarge) = product.multipliedReportingOverflow(by: factor)
                guard !isTooLarge else { return nil }
                product = next
            }
            return product
        }
    }

    // MARK: Keywords and faults

    extension FITSFile {
        /// The records of cfitsio's current HDU.
        private struct Header {
            let number: Int
            let isCompressed: Bool
            let records: [String]
        }

        private func header(_ number: Int, isCompressed: Bool) throws -> Header {
            var count: Int32 = 0
            guard cfitsio_record_count(file, &count) == 0 else {
                throw Self.damaged(name, "the header of HDU \(number) cannot be read")
            }
            let records = try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(FLEN_CARD)) { text in
                try (0..<max(count, 0)).map { record in
                    guard cfitsio_read_record(file, record + 1, text.baseAddress!) == 0 else {
                        throw Self.damaged(name, "the header of HDU \(number) cannot be read")
                    }
                    return String(cString: text.baseAddress!)
                }
            }
            return Header(number: number, isCompressed: isCompressed, records: records)
        }

        private func real(_ key: String, _ header: Header) throws -> Double? {
            guard let text = try value(of: key, header) else { return nil }
            // Fortran writes 1.5D3 as well.
            let digits = text.replacing("D", with: "E").replacing("d", with: "e")
            guard digits.allSatisfy({ "+-.0123456789Ee".contains($0) }), let value = Double(digits), value.isFinite
            else {
                throw Self.damaged(name, "HDU \(header.number) has the \(key) \(text), which is no number")
            }
            return value
        }

        private func integer(_ key: String, _ header: Header) throws -> Int64? {
            guard let text = try value(of: key, header) else { return nil }
            guard let value = Int64(text) else {
                throw Self.damaged(name, "HDU \(header.number) has the \(key) \(text), which is no integer")
            }
            return value
        }

        /// The value of a keyword as it stands in the header; nil if there is none.
        ///
        /// Of an image, only a keyword at the start of its record counts, as in astropy; of an image in a table, one
        /// behind HIERARCH as well. Keywords with two values are refused: programs differ about which one counts.
        private func value(of key: String, _ header: Header) throws -> String? {
            let plain = key + String(repeating: " ", count: 8 - key.utf8.count) + "="
            var found: String?
            for record in header.records
            where record.hasPrefix(plain) || header.isCompressed && Self.hierarchKey(record) == key {
                guard let text = try value(ofRecord: record, key, header.number), !text.isEmpty else { continue }
                guard found == nil || found == text else {
                    throw Self.damaged(
                        name, "HDU \(header.number) has two values of \(key), \(found!) and \(text)")
                }
                found = text
            }
            return found
        }

        private static func hierarchKey(_ record: String) -> String? {
            guard record.hasPrefix("HIERARCH "), let end = record.firstIndex(of: "=") else { return nil }
            return record[..<end].dropFirst(9).filter { $0 != " " }
        }

        private func value(ofRecord record: String, _ key: String, _ number: Int) throws -> String? {
            try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(FLEN_VALUE)) { text in
                guard try isThere(key, number, cfitsio_value(record, text.baseAddress!)) else { return nil }
                return String(cString: text.baseAddress!)
            }
        }

        /// A string, or the letter of a logical value.
        private func string(_ key: String, _ number: Int) throws -> String? {
            try text(key, number, cfitsio_read_string)
        }

        private func text(
            _ key: String, _ number: Int,
            _ read: (UnsafeMutablePointer<fitsfile>, UnsafePointer<CChar>, UnsafeMutablePointer<CChar>) -> Int32
        ) throws -> String? {
            try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(FLEN_VALUE)) { text in
                guard try isThere(key, number, read(file, key, text.baseAddress!)) else { return nil }
                return String(cString: text.baseAddress!)
            }
        }

        /// Whether a keyword with a value was read.
        private func isThere(_ key: String, _ number: Int, _ status: Int32) throws -> Bool {
            switch status {
            case 0: return true
            case KEY_NO_EXIST, VALUE_UNDEFINED:
                _ = Self.meaning(of: status)
                return false
            default: throw Self.damaged(name, "HDU \(number) has no readable value of \(key)", status)
            }
        }

        private func truncated(_ number: Int) -> Fault {
            Fault(
                .badData, name, "is truncated: the data of HDU \(number) go beyond its end",
                remedy: "copy the file again, or save it again")
        }

        private static func damaged(_ name: String, _ problem: String, _ status: Int32 = 0) -> Fault {
            let reason = status == 0 ? "" : " (cfitsio: \(meaning(of: status)))"
            return Fault(
                .badData, name, "is no FITS file that can be read: \(problem)\(reason)",
                remedy: "copy the file again, or save it again; `fitsverify` gives details")
        }

        /// What a status means; clears the library's own messages about it.
        private static func meaning(of status: Int32) -> String {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(FLEN_STATUS)) { text in
                cfitsio_describe(status, text.baseAddress!)
                return String(cString: text.baseAddress!)
            }
        }
    }
#endif
