import Files

/// Writes tensors by name as a `.pth` file, which `torch.load` opens with `weights_only=True`.
///
/// Source: `torch/serialization.py` of PyTorch 2, version 3 of its archives, and Python's `pickletools`, protocol 2.
struct StateDictWriter {
    /// A tensor of float32 in C order, or one 64-bit integer.
    enum Values {
        case floats([Float], shape: [Int])
        case integer(Int64)
    }

    /// The folder that a program other than torch writes; torch takes any.
    private static let root = "swift-run-trainer/"
    /// What is for this program alone, which torch does not look at.
    static let noteName = "swift-run-trainer.json"

    private var pickle: [UInt8] = []
    private var members: [(name: String, values: Values)] = []

    /// Writes the file: equal tensors and notes give equal bytes.
    ///
    /// - Throws: a `cannotWrite` fault.
    static func write(_ tensors: [(name: String, values: Values)], note: String, to file: AtomicFile) throws {
        var writer = StateDictWriter()
        writer.appendDictionary(tensors)
        var archive = ZipWriter(file)
        try writer.pickle.withUnsafeBytes { try archive.append("\(root)data.pkl", $0) }
        try append("byteorder", "little", to: &archive)
        for (key, values) in writer.members {
            switch values {
            case .floats(let floats, _):
                try floats.map { $0.bitPattern.littleEndian }.withUnsafeBytes {
                    try archive.append("\(root)data/\(key)", $0)
                }
            case .integer(let integer):
                try withUnsafeBytes(of: integer.littleEndian) { try archive.append("\(root)data/\(key)", $0) }
            }
        }
        try append("version", "3\n", to: &archive)
        try append(noteName, note, to: &archive)
        try archive.finish()
    }

    private static func append(_ name: String, _ text: String, to archive: inout ZipWriter) throws {
        try Array(text.utf8).withUnsafeBytes { try archive.append(root + name, $0) }
    }

    // MARK: Pickle

    private mutating func appendDictionary(_ tensors: [(name: String, values: Values)]) {
        pickle += [0x80, 2]
        appendCall("collections", "OrderedDict") { _ in }
        pickle.append(UInt8(ascii: "("))
        for (name, values) in tensors {
            append(text: name)
            append(values)
        }
        pickle += Array("u.".utf8)
    }

    private mutating func append(_ values: Values) {
        let key = String(members.count)
        let (storage, shape): (String, [Int]) =
            switch values {
            case .floats(_, let shape): ("FloatStorage", shape)
            case .integer: ("LongStorage", [])
            }
        members.append((key, values))
        var strides = shape
        var count = 1
        for axis in shape.indices.reversed() {
            strides[axis] = count
            count *= shape[axis]
        }
        appendCall("torch._utils", "_rebuild_tensor_v2") { writer in
            writer.pickle.append(UInt8(ascii: "("))
            writer.append(text: "storage")
            writer.appendGlobal("torch", storage)
            writer.append(text: key)
            writer.append(text: "cpu")
            writer.append(integer: count)
            writer.pickle += Array("tQ".utf8)
            writer.append(integer: 0)
            writer.append(tuple: shape)
            writer.append(tuple: strides)
            // Not trained by itself, and no hooks.
            writer.pickle.append(0x89)
            writer.appendCall("collections", "OrderedDict") { _ in }
        }
    }

    /// The result of a call: the function, its arguments as a tuple, and REDUCE.
    private mutating func appendCall(
        _ module: String, _ name: String, _ appendArguments: (inout StateDictWriter) -> Void
    ) {
        appendGlobal(module, name)
        pickle.append(UInt8(ascii: "("))
        appendArguments(&self)
        pickle += Array("tR".utf8)
    }

    private mutating func appendGlobal(_ module: String, _ name: String) {
        pickle += Array("c\(module)\n\(name)\n".utf8)
    }

    private mutating func append(text: String) {
        pickle.append(UInt8(ascii: "X"))
        append(bytesOf: UInt32(text.utf8.count))
        pickle += Array(text.utf8)
    }

    /// - Precondition: it fits into 31 bits, as the elements of a network's tensor do.
    private mutating func append(integer: Int) {
        pickle.append(UInt8(ascii: "J"))
        append(bytesOf: UInt32(Int32(integer)))
    }

    private mutating func append(tuple integers: [Int]) {
        pickle.append(UInt8(ascii: "("))
        for integer in integers { append(integer: integer) }
        pickle.append(UInt8(ascii: "t"))
    }

    private mutating func append(bytesOf value: UInt32) {
        for byte in 0..<4 { pickle.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
}
