/// What a file is that is not what was wanted, by its first bytes: for messages, which also say what to do with it.
public enum ForeignFile: Hashable, Sendable {
    /// A picture, of PNG for instance.
    case picture(String)
    /// A table or array of another program.
    case parquet, feather, pickle, matlab, matlabHDF5, netCDF, hdf5, fits, npy, asdf, sqlite
    /// Packed, and what unpacks it.
    case packed(by: String, unpacking: String)
    case tar, zip
    /// Tensors with or without a network.
    case safetensors
    /// A model of TensorFlow Lite.
    case tensorFlowLite
    /// An error page instead of what was to be downloaded.
    case webPage
    /// What Git keeps in place of a large file.
    case gitLFS
    /// Lines of numbers or of anything else, with what stands between their fields.
    case text(separator: Character?)
    case json
    case empty

    /// Recognises a file; nil for one of which nothing is known.
    ///
    /// - Parameter beginning: the first bytes of the file, at least 600 if it has as many.
    public init?(beginning: some Collection<UInt8>) {
        let bytes = Array(beginning.prefix(1 << 12))
        guard !bytes.isEmpty else {
            self = .empty
            return
        }
        if let known = Self.signatures.first(where: { bytes.dropFirst($0.offset).starts(with: $0.bytes) }) {
            self = known.file
        } else if bytes.count > 8, bytes[5..<8].allSatisfy({ $0 == 0 }), bytes[8] == UInt8(ascii: "{") {
            self = .safetensors
        } else if bytes.first == 0x80, bytes.count > 1, (2...5).contains(bytes[1]) {
            self = .pickle
        } else if let text = Self.text(bytes) {
            self = Self.kind(of: text)
        } else {
            return nil
        }
    }

    /// Looks into a file; nil for one that cannot be read, or of which nothing is known.
    public init?(path: String) {
        guard !FileAccess.isFolder(path), (try? FileAccess.requireFile(path)) != nil else { return nil }
        self.init(beginning: OutputFile.beginning(of: path))
    }

    /// With its article.
    public var name: String {
        switch self {
        case .picture(let format): "a picture (\(format))"
        case .parquet: "a Parquet table"
        case .feather: "an Arrow (Feather) table"
        case .pickle: "a pickle of Python"
        case .matlab, .matlabHDF5: "a MAT-file of MATLAB"
        case .netCDF: "a netCDF file"
        case .hdf5: "an HDF5 file"
        case .fits: "a FITS file"
        case .npy: "an array of numpy (.npy)"
        case .asdf: "an ASDF file"
        case .sqlite: "a SQLite database"
        case .packed(let program, _): "packed by \(program)"
        case .tar: "a tar archive"
        case .zip: "a zip archive"
        case .safetensors: "a file of tensors (.safetensors)"
        case .tensorFlowLite: "a model of TensorFlow Lite"
        case .webPage: "a web page"
        case .gitLFS: "a pointer of Git LFS, not the file itself"
        case .text(","): "a text with commas (CSV)"
        case .text: "a text"
        case .json: "a text in JSON"
        case .empty: "empty"
        }
    }

    /// What to do with a file that is something else in a wrapping; nil for all others.
    ///
    /// - Parameter path: the file.
    public func unwrapping(_ path: String) -> String? {
        switch self {
        case .packed(_, let command): "unpack it first: \(command) \(path)"
        case .tar: "unpack it first: tar -xf \(path)"
        case .webPage: "download the file itself, which needs perhaps another address or a login"
        case .gitLFS: "fetch the file itself: git lfs pull"
        case .empty: "copy or save it again"
        default: nil
        }
    }

    // MARK: Recognising

    private static let signatures: [(bytes: [UInt8], offset: Int, file: ForeignFile)] = [
        ([0x89] + "PNG".utf8, 0, .picture("PNG")), ([0xFF, 0xD8, 0xFF], 0, .picture("JPEG")),
        (Array("GIF8".utf8), 0, .picture("GIF")), (Array("WEBP".utf8), 8, .picture("WebP")),
        ([0x49, 0x49, 0x2A, 0], 0, .picture("TIFF")), ([0x4D, 0x4D, 0, 0x2A], 0, .picture("TIFF")),
        (Array("PAR1".utf8), 0, .parquet), (Array("ARROW1".utf8), 0, .feather), (Array("cnumpy".utf8), 0, .pickle),
        (Array("MATLAB 5".utf8), 0, .matlab), (Array("MATLAB 7".utf8), 0, .matlabHDF5),
        ([0x43, 0x44, 0x46, 1], 0, .netCDF), ([0x43, 0x44, 0x46, 2], 0, .netCDF), ([0x43, 0x44, 0x46, 5], 0, .netCDF),
        ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], 0, .hdf5), (Array("SIMPLE  =".utf8), 0, .fits),
        ([0x93] + "NUMPY".utf8, 0, .npy), (Array("#ASDF".utf8), 0, .asdf), (Array("SQLite format 3".utf8), 0, .sqlite),
        (GzipStream.magic, 0, .packed(by: "gzip", unpacking: "gunzip")),
        (Array("BZh".utf8), 0, .packed(by: "bzip2", unpacking: "bunzip2")),
        ([0xFD] + "7zXZ".utf8, 0, .packed(by: "xz", unpacking: "unxz")),
        ([0x28, 0xB5, 0x2F, 0xFD], 0, .packed(by: "zstd", unpacking: "unzstd")),
        (Array("ustar".utf8), 257, .tar), ([0x50, 0x4B, 3, 4], 0, .zip), (Array("TFL3".utf8), 4, .tensorFlowLite),
        (Array("version https://git-lfs".utf8), 0, .gitLFS),
    ]

    /// The bytes as text; nil where control characters or broken UTF-8 show that they are none.
    private static func text(_ bytes: [UInt8]) -> Substring? {
        guard bytes.allSatisfy({ $0 >= 0x20 || (9...13).contains($0) }) else { return nil }
        // The last character may be cut off.
        for end in 0..<min(4, bytes.count) {
            if let text = String(validating: bytes.dropLast(end), as: UTF8.self) {
                return text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
            }
        }
        return nil
    }

    private static func kind(of text: Substring) -> ForeignFile {
        let small = text.prefix(40).lowercased()
        if ["<!doctype html", "<html", "<head"].contains(where: small.hasPrefix) { return .webPage }
        if text.first == "{" || text.first == "[" { return .json }
        let line = text.prefix { !$0.isNewline }
        return .text(separator: [",", ";", "\t", " "].first { line.contains($0) })
    }
}
