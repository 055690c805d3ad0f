import Faults
import Files

extension NumericArray {
    /// An array of floats in memory, in C order, as a file of them would give.
    ///
    /// - Parameters:
    ///   - name: what messages call it.
    ///   - shape: its product is the number of floats.
    public init(copying floats: UnsafeBufferPointer<Float>, shape: [Int], name: String) throws {
        precondition(shape.reduce(1, *) == floats.count, "\(floats.count) floats are no array of shape \(shape)")
        let header = NpyFile.header(shape: shape)
        let byteCount = floats.count * MemoryLayout<Float>.stride
        let storage = ReadOnlyBytes.memory(count: header.count + byteCount) { block in
            block.copyBytes(from: header)
            UnsafeMutableRawBufferPointer(rebasing: block[header.count...])
                .copyMemory(from: UnsafeRawBufferPointer(floats))
        }
        guard let storage else {
            throw Fault(
                .internalFault, name, "does not fit into memory (\(byteCount) bytes)", remedy: "ask for fewer stamps")
        }
        let read = try NpyHeader(storage.bytes, fileByteCount: storage.bytes.count, name: name)
        self.init(name: name, header: read, storage: .block(storage), byteOffset: read.dataOffset)
    }
}
