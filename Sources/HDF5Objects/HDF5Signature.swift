/// What every HDF5 file starts with, behind a block of the user's own that may come first.
///
/// Source: HDF5 File Format Specification 3.0, section II.A.
package enum HDF5Signature {
    private static let bytes: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Whether these bytes, a file's or those behind such a block, start so.
    package static func begins(_ beginning: some Sequence<UInt8>) -> Bool { beginning.starts(with: bytes) }
}
