import Faults
import Files
import Tensors

/// The tensors of a `.pth` file by name: what `torch.save(model.state_dict(), FILE)` writes.
///
/// A checkpoint that keeps the state dict beside other things, under `state_dict`, `model_state_dict` or `model`, is
/// read too. Source: `torch/serialization.py` of PyTorch 2: a zip archive with a pickle, `data.pkl`, and one stored
/// member for the elements of each storage.
package struct StateDict {
    package let path: String
    /// Names in the file's order.
    package let names: [String]
    private let tensors: [String: TorchTensor]
    private let archive: ZipArchive
    /// The folder of the archive that everything lies in, with its slash.
    private let root: String
    private let isBigEndian: Bool

    /// What holds a state dict in what else people save.
    private static let places = ["state_dict", "model_state_dict", "model"]
    private static let remedy = "save it again with torch.save(model.state_dict(), FILE) of PyTorch 1.6 or newer"

    /// - Throws: a `missingInput` fault when there is no such file; `badData` when it is damaged, holds more than
    ///   tensors, or none.
    package init(contentsOf path: String) throws { try self.init(ReadOnlyBytes.contents(of: path), path: path) }

    package init(_ storage: ReadOnlyBytes, path: String) throws {
        guard ZipArchive.isArchive(storage.bytes) else {
            throw Fault(.badData, path, "is no archive as PyTorch writes them", remedy: Self.remedy)
        }
        self.path = path
        archive = try ZipArchive(storage, path: path, remedy: Self.remedy)
        guard let pickle = archive.members.first(where: { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") })
        else { throw Fault(.badData, path, "holds no data.pkl", remedy: Self.remedy) }
        root = String(pickle.name.dropLast("data.pkl".utf8.count))
        isBigEndian = try Self.text(of: "\(root)byteorder", in: archive) == "big"
        let contents = try archive.checkedContents(of: pickle)
        let bytes = contents.storage.bytes[contents.byteOffset..<(contents.byteOffset + pickle.byteCount)]
        let entries = try withExtendedLifetime(contents.storage) {
            try Self.entries(in: UnsafeRawBufferPointer(rebasing: bytes), file: path)
        }
        guard !entries.isEmpty else {
            throw Fault(.badData, path, "holds no state dict", remedy: Self.remedy)
        }
        names = entries.map(\.name)
        tensors = Dictionary(entries.map { ($0.name, $0.tensor) }) { $1 }
    }

    private static func entries(
        in pickle: UnsafeRawBufferPointer, file: String
    ) throws -> [(name: String, tensor: TorchTensor)] {
        var reader = PickleReader(pickle, file: file)
        guard case .dictionary(let top) = try reader.read() else { return [] }
        func tensors(_ dictionary: Int) -> [(name: String, tensor: TorchTensor)] {
            reader.entries(dictionary).compactMap { entry in
                guard case .text(let name) = entry.key, case .tensor(let tensor) = entry.value else { return nil }
                return (name, tensor)
            }
        }
        let own = tensors(top)
        if !own.isEmpty { return own }
        for place in places {
            for entry in reader.entries(top) where entry.key == .text(place) {
                if case .dictionary(let inner) = entry.value { return tensors(inner) }
            }
        }
        return []
    }

    /// A short member's text, without the space around it; nil where there is none.
    private static func text(of name: String, in archive: ZipArchive) throws -> String? {
        guard let member = archive.members.first(where: { $0.name == name }), member.byteCount <= 1 << 20 else {
            return nil
        }
        let contents = try archive.checkedContents(of: member)
        return withExtendedLifetime(contents.storage) {
            let bytes = contents.storage.bytes[contents.byteOffset..<(contents.byteOffset + member.byteCount)]
            return String(decoding: bytes, as: UTF8.self).trimmed
        }
    }

    /// What ``StateDictWriter`` adds for this program alone; nil in files from elsewhere.
    func note() throws -> String? { try Self.text(of: root + StateDictWriter.noteName, in: archive) }

    package func shape(_ name: String) -> [Int]? { tensors[name]?.shape }

    /// The elements of a tensor in C order, as float32.
    ///
    /// - Throws: a `badData` fault when the archive does not hold them, or they are no floating-point numbers.
    package func floats(_ name: String) throws -> [Float] {
        let tensor = tensors[name]!
        guard let format = Self.formats[tensor.storage.kind] else {
            throw Fault(
                .badData, "\(path):\(name)", "holds elements of \(tensor.storage.kind)",
                remedy: "save parameters as float32, float64, float16 or bfloat16")
        }
        let memberName = "\(root)data/\(tensor.storage.key)"
        guard let member = archive.members.first(where: { $0.name == memberName }) else {
            throw Fault(.badData, "\(path):\(name)", "is damaged: its elements are missing", remedy: Self.remedy)
        }
        let contents = try archive.checkedContents(of: member)
        guard member.byteCount / format.byteCount >= tensor.storage.count else {
            throw Fault(.badData, "\(path):\(name)", "is damaged: it has too few elements", remedy: Self.remedy)
        }
        return withExtendedLifetime(contents.storage) {
            let start = contents.byteOffset
            let bytes = UnsafeRawBufferPointer(
                rebasing: contents.storage.bytes[start..<(start + member.byteCount)])
            return tensor.offsets.map { format.value(bytes, $0, isBigEndian) }
        }
    }

    private static let formats: [String: TorchElement] = [
        "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
    ]
}

extension TorchTensor {
    /// Where the elements lie in the storage, in C order.
    fileprivate var offsets: [Int] {
        StridedArray.offsets(extents: shape, strides: strides, from: offset)
    }
}

/// A floating-point format of torch.
private enum TorchElement {
    case float16, bfloat16, float32, float64

    var byteCount: Int {
        switch self {
        case .float16, .bfloat16: 2
        case .float32: 4
        case .float64: 8
        }
    }

    func value(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ isBigEndian: Bool) -> Float {
        func load<Bits: FixedWidthInteger>(_: Bits.Type) -> Bits {
            let bits = bytes.loadUnaligned(fromByteOffset: index * byteCount, as: Bits.self)
            return isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits)
        }
        return switch self {
        case .bfloat16: Float(bitPattern: UInt32(load(UInt16.self)) << 16)
        case .float32: Float(bitPattern: load(UInt32.self))
        case .float64: Float(Double(bitPattern: load(UInt64.self)))
        case .float16: Float(Float16(bitPattern: load(UInt16.self)))
        }
    }
}
