#if Keras
    import CHDF5
    import Faults
    import Files
    import HDF5Objects
    import Isolation

    /// Finds an array in an HDF5 file and tells where it lies, or decodes it, in a process of its own.
    package enum HDF5StampsDecoder: IsolatedDecoder {
        package struct Request: Codable {
            /// What messages call the file.
            let file: String
            /// The path of a dataset or a field; nil for the only one.
            let part: String?
        }

        package enum Answer: Codable {
            case array(Array)
            /// Nothing has the name that was asked for.
            case missing(problem: String, remedy: String)
        }

        package struct Array: Codable {
            let path: String
            let shape: [Int]
            /// `ElementType.Format`.
            let format: String
            let isBigEndian: Bool
            /// Where in the file its elements begin; nil when they are the payload.
            let byteOffset: Int?

            /// Nil when it is too large.
            func byteCount(_ type: ElementType) -> Int? { FITSImageHeader.product(shape + [type.byteCount]) }
        }

        package static let name = "hdf5-stamps"

        package static func decode(
            _ request: Request, _ bytes: UnsafeRawBufferPointer, _ payload: DecodedPayload
        ) throws -> Answer {
            do {
                return try HDF5.exclusively {
                    let image = try HDF5Image(bytes, name: "stamps.h5")
                    switch try HDF5Arrays(image.file, file: request.file).array(request.part) {
                    case .missing(let problem, let remedy): return .missing(problem: problem, remedy: remedy)
                    case .found(let found):
                        return .array(try found.read(fileByteCount: bytes.count, file: request.file, into: payload))
                    }
                }
            } catch is HDF5Failure {
                throw damaged(request.file)
            }
        }

        static func damaged(_ file: String) -> Fault {
            Fault(
                .badData, file, "is damaged, or no HDF5 file that can be read",
                remedy: "copy the file again, or save it again; `h5dump -H` shows what is in it")
        }
    }
#endif
