import Faults
import Files
import FoundationEssentials
import SwiftProtobuf

/// The elements of a tensor, wherever they stand: as bytes, in fields of numbers, or in a file beside the graph's.
struct TensorElements: Sendable {
    private let tensor: ONNXTensorProto
    private let type: ONNXTensorProto.DataType
    /// What lies in another file.
    private let external: (file: ReadOnlyBytes, range: Range<Int>)?

    init(_ tensor: ONNXTensorProto, _ type: ONNXTensorProto.DataType, _ file: ExternalElements) throws {
        (self.tensor, self.type) = (tensor, type)
        external = tensor.dataLocation == .external ? try file.elements(of: tensor) : nil
    }

    /// How many there are.
    func count(bytesEach: Int) -> Int {
        let bytes = external?.range.count ?? tensor.rawData.count
        // A number that no whole elements have.
        guard bytes % bytesEach == 0 else { return -1 }
        guard external == nil, bytes == 0 else { return bytes / bytesEach }
        return switch type {
        case .float: tensor.floatData.count
        case .double: tensor.doubleData.count
        case .int64: tensor.int64Data.count
        default: tensor.int32Data.count
        }
    }

    func floats() -> [Float] {
        guard isRaw else {
            return switch type {
            case .float: tensor.floatData
            case .double: tensor.doubleData.map { Float($0) }
            case .float16: tensor.int32Data.map { Float(binary16: UInt16(truncatingIfNeeded: $0)) }
            default: tensor.int32Data.map { Float(brain: UInt16(truncatingIfNeeded: $0)) }
            }
        }
        return withBytes { bytes in
            switch type {
            case .float: Self.map(bytes, UInt32.self) { Float(bitPattern: $0) }
            case .double: Self.map(bytes, UInt64.self) { Float(Double(bitPattern: $0)) }
            case .float16: Self.map(bytes, UInt16.self) { Float(binary16: $0) }
            default: Self.map(bytes, UInt16.self) { Float(brain: $0) }
            }
        }
    }

    func integers() -> [Int?] {
        guard isRaw else {
            return type == .int64 ? tensor.int64Data.map { Int($0) } : tensor.int32Data.map { Int($0) }
        }
        return withBytes { bytes in
            switch type {
            case .int64: Self.map(bytes, Int64.self) { Int($0) }
            case .int32: Self.map(bytes, Int32.self) { Int($0) }
            default: Self.map(bytes, UInt8.self) { Int($0) }
            }
        }
    }

    private var isRaw: Bool { external != nil || !tensor.rawData.isEmpty }

    private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let external else { return tensor.rawData.withUnsafeBytes(body) }
        return withExtendedLifetime(external.file) { body(UnsafeRawBufferPointer(rebasing: $0.bytes[external.range])) }
    }

    private static func map<Bits: FixedWidthInteger, Value>(
        _ bytes: UnsafeRawBufferPointer, _: Bits.Type, _ value: (Bits) -> Value
    ) -> [Value] {
        (0..<(bytes.count / MemoryLayout<Bits>.size)).map {
            let offset = $0 * MemoryLayout<Bits>.size
            return value(Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self)))
        }
    }
}

extension ONNXTensorProto.DataType {
    /// Of an element; nil for types that are not read.
    var byteCount: Int? {
        switch self {
        case .bool: 1
        case .float16, .bfloat16: 2
        case .float, .int32: 4
        case .double, .int64: 8
        case .undefined, .UNRECOGNIZED: nil
        }
    }

    var isInteger: Bool { self == .int64 || self == .int32 || self == .bool }
    var isFloat: Bool { byteCount != nil && !isInteger }
}

extension Float {
    /// bfloat16: the first half of a float32.
    fileprivate init(brain bits: UInt16) { self.init(bitPattern: UInt32(bits) << 16) }

    /// IEEE 754's binary16.
    fileprivate init(binary16 bits: UInt16) { self.init(Float16(bitPattern: bits)) }
}

/// Files beside that of a graph which hold elements of its tensors, as `torch.onnx.export` writes large ones.
///
/// Each is opened once, however many tensors lie in it.
final class ExternalElements {
    /// The file of the graph.
    let path: String
    private var files: [String: ReadOnlyBytes] = [:]

    init(path: String) { self.path = path }

    /// Where the elements of a tensor lie.
    ///
    /// - Throws: a fault for a file elsewhere than in the graph's folder, one that is missing, or is too short.
    func elements(of tensor: ONNXTensorProto) throws -> (file: ReadOnlyBytes, range: Range<Int>) {
        let entries = Dictionary(tensor.externalData.map { ($0.key, $0.value) }) { $1 }
        let location = entries["location"] ?? ""
        guard !location.isEmpty, !location.contains("/"), location != "..", location != "." else {
            throw Fault(
                .badData, path, "keeps the elements of \(tensor.name) in \"\(location)\", which is no file beside it",
                remedy: "export the network into one file")
        }
        let name = FileAccess.split(path).folder + "/" + location
        let file = try files[name] ?? open(name)
        let offset = entries["offset"].map { Int($0) ?? -1 } ?? 0
        let length = entries["length"].map { Int($0) ?? -1 } ?? max(file.bytes.count - max(offset, 0), 0)
        guard (0...file.bytes.count).contains(offset), (0...(file.bytes.count - offset)).contains(length) else {
            throw Fault(
                .badData, name, "is shorter than \(path) says of \(tensor.name)", remedy: "export the network again")
        }
        return (file, offset..<(offset + length))
    }

    private func open(_ name: String) throws -> ReadOnlyBytes {
        try FileAccess.requireFile(name)
        let file = try ReadOnlyBytes.contents(of: name)
        files[name] = file
        return file
    }
}
