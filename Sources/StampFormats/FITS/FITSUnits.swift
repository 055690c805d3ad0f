import Faults
import Files

/// The HDUs of a FITS file, one after another, and the images among them.
struct FITSUnits {
    private let bytes: UnsafeRawBufferPointer
    private let file: String

    /// - Parameters:
    ///   - bytes: of the file; those outside headers are not touched.
    ///   - file: what messages call it.
    init(_ bytes: UnsafeRawBufferPointer, file: String) { (self.bytes, self.file) = (bytes, file) }

    /// The headers of all images with at least two axes and one pixel, in the order of the file. Tables and empty HDUs
    /// are left out.
    ///
    /// - Throws: a `badData` fault when a header is damaged or the file is cut off.
    func images() throws -> [FITSImageHeader] {
        var images: [FITSImageHeader] = []
        var (start, number) = (0, 0)
        // A tape may have padded the file after its last HDU.
        while start < bytes.count, number == 0 || !isPadding(bytes[start...]) {
            let header = try FITSHeader(bytes, at: start, number: number, file: file)
            guard try number > 0 || header.isTrue("SIMPLE") else {
                throw FITSHeader.damaged(file, "declares that it does not conform to the standard (SIMPLE is not T)")
            }
            let byteCount = try dataByteCount(header)
            // The last block of a file need not be whole, as long as its data are.
            guard byteCount <= bytes.count - header.end else { throw truncated(number) }
            if let image = try FITSImageHeader(header, byteCount: byteCount, fileByteCount: bytes.count) {
                images.append(image)
            }
            let blocks = (byteCount + FITSHeader.block - 1) / FITSHeader.block
            start = header.end + blocks * FITSHeader.block
            number += 1
        }
        return images
    }

    /// The bytes of an HDU's data: |BITPIX| / 8 · GCOUNT · (PCOUNT + NAXIS1 · NAXIS2 · …). (Standard, 4.4.1.1 and
    /// 4.4.1.2)
    private func dataByteCount(_ header: FITSHeader) throws -> Int {
        let shape = try FITSImageHeader.shape(header, key: "NAXIS")
        let bits = try header.requiredInteger("BITPIX")
        guard FITSPixelFormat.Storage(rawValue: Int(clamping: bits)) != nil else {
            throw header.damaged("has the BITPIX \(bits), which there is not")
        }
        guard !shape.isEmpty else { return 0 }
        // Random groups: the first axis says that they are some.
        let axes = try shape.last == 0 && header.isTrue("GROUPS") ? Array(shape.dropLast()) : shape
        let (parameters, groups) = (try header.integer("PCOUNT") ?? 0, try header.integer("GCOUNT") ?? 1)
        guard parameters >= 0, groups >= 0, let count = FITSImageHeader.product(axes),
            case let (sum, isTooLarge) = count.addingReportingOverflow(Int(parameters)), !isTooLarge,
            let all = FITSImageHeader.product([sum, Int(groups), abs(Int(bits)) / 8])
        else { throw header.damaged("claims a size that no file has") }
        return all
    }

    private func isPadding(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        bytes.allSatisfy { $0 == 0 || $0 == 0x20 }
    }

    private func truncated(_ number: Int) -> Fault {
        Fault(
            .badData, file, "is truncated: the data of HDU \(number) go beyond its end",
            remedy: "copy the file again, or save it again")
    }
}
