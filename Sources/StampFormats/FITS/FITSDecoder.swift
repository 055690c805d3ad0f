#if FITS
    import Faults
    import Files
    import Glibc
    import Isolation

    /// Finds the stamps of a FITS file with cfitsio, in a process of its own.
    package enum FITSDecoder: IsolatedDecoder {
        /// Which stamps, of what.
        package struct Request: Codable {
            /// What messages call the file.
            let file: String
            let selection: String?
        }

        /// The stamps; checked by nobody yet.
        package struct Answer: Codable {
            let height: Int
            let width: Int
            let parts: [FITSImages.Part]
            /// Whether the parts lie in the file itself; else in the payload.
            let isInFile: Bool
        }

        package static let name = "fits"

        package static func decode(
            _ request: Request, _ bytes: UnsafeRawBufferPointer, _ payload: DecodedPayload
        ) throws -> Answer {
            guard bytes.starts(with: GzipStream.magic) else { return try images(request, bytes, payload, inFile: true) }
            let contents = try GzipStream.contents(of: bytes, name: request.file)
            return try withExtendedLifetime(contents) {
                guard contents.bytes.starts(with: FITSImages.magic) else {
                    throw Fault(
                        .badData, request.file, "holds no FITS file, once it is inflated",
                        remedy: "gunzip any other file first")
                }
                return try images(request, contents.bytes, payload, inFile: false)
            }
        }

        private static func images(
            _ request: Request, _ bytes: UnsafeRawBufferPointer, _ payload: DecodedPayload, inFile: Bool
        ) throws -> Answer {
            try FITSFile.with(bytes, name: request.file) { fits in
                let images = try images(fits.imageHeaders(), selecting: request.selection, file: request.file)
                let size = try size(of: images, file: request.file)
                let isInFile = inFile && images.allSatisfy { $0.bytes != nil }
                if !isInFile { try copyPixels(of: images, in: fits, bytes, to: payload, file: request.file) }
                var parts: [FITSImages.Part] = []
                var (pixel, byte) = (0, 0)
                for image in images {
                    parts.append(
                        FITSImages.Part(
                            firstPixel: pixel, pixelCount: image.pixelCount,
                            byteOffset: isInFile ? image.bytes!.lowerBound : byte, format: image.format))
                    pixel += image.pixelCount
                    byte += image.pixelCount * image.format.storage.byteCount
                }
                return Answer(height: size.height, width: size.width, parts: parts, isInFile: isInFile)
            }
        }

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

        /// Puts the stored pixels of images one after another into the payload.
        private static func copyPixels(
            of images: [FITSImageHeader], in fits: FITSFile, _ bytes: UnsafeRawBufferPointer,
            to payload: DecodedPayload, file: String
        ) throws {
            var byteCount = 0
            for image in images {
                let (sum, isTooLarge) = byteCount.addingReportingOverflow(
                    image.pixelCount * image.format.storage.byteCount)
                byteCount = isTooLarge ? .max : sum
            }
            let block = try payload.allocate(byteCount, name: file)
            var offset = 0
            for image in images {
                let count = image.pixelCount * image.format.storage.byteCount
                let target = UnsafeMutableRawBufferPointer(rebasing: block[offset..<offset + count])
                if let range = image.bytes {
                    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
                } else {
                    try fits.readStoredPixels(of: image, to: target.baseAddress!)
                }
                offset += count
            }
        }

        private static func list(_ images: [FITSImageHeader]) -> String {
            let longest = 12
            let titles = images.prefix(longest).map(\.title).joined(separator: ", ")
            return images.count > longest ? "\(titles), … (\(images.count) in all)" : titles
        }
    }
#endif
