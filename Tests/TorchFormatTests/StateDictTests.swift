import Faults
import Files
import Foundation
import TestSupport
import Testing
import TorchFormat

/// Files that PyTorch has written (`Tests/ReferenceValues/make_torch_reference.py`), and what others may hold.
@Suite struct StateDictTests {
    private struct Expected: Decodable {
        let shape: [Int]
        let values: [String]
    }

    private static func path(_ name: String) -> String { ReferenceValues.path("torch/\(name).pth") }

    @Test(arguments: [("tensors", ""), ("checkpoint", ""), ("protocol4", ""), ("parallel", "module.")])
    func tensorsAreThoseOfTorch(name: String, prefix: String) throws {
        let file = try StateDict(contentsOf: Self.path(name))
        let expected = try ReferenceValues.json([String: Expected].self, "torch/tensors")
        #expect(Set(file.names) == Set(expected.keys.map { prefix + $0 }))
        for (key, tensor) in expected {
            #expect(file.shape(prefix + key) == tensor.shape)
            let values = try file.floats(prefix + key).map(\.bitPattern)
            #expect(values == tensor.values.map { Float($0)!.bitPattern }, "\(key)")
        }
    }

    @Test(
        arguments: [
            ("module", "makes an object of torch.nn.modules.linear.Linear"),
            ("numbers", "calls numpy.dtype"), ("command", "calls posix.system"),
            ("legacy", "is no archive as PyTorch writes them"),
        ])
    func whatIsNoTensorIsRefusedByName(name: String, problem: String) throws {
        expectFault(.badData, Self.path(name), saying: problem) { _ = try StateDict(contentsOf: Self.path(name)) }
    }

    @Test func whatIsNoParameterIsRefusedWhenItIsRead() throws {
        let file = try StateDict(contentsOf: Self.path("integers"))
        expectFault(.badData, "integers.pth:weight", saying: "IntStorage") { _ = try file.floats("weight") }
    }

    /// A pickle within an archive as torch writes one.
    private func archive(_ pickle: [UInt8], elements: Int = 0) throws -> ReadOnlyBytes {
        let folder = try TemporaryFolder()
        let path = folder.path("a.pth")
        var writer = ZipWriter(try AtomicFile(path))
        try pickle.withUnsafeBytes { try writer.append("a/data.pkl", $0) }
        try [UInt8](repeating: 0, count: 4 * elements).withUnsafeBytes { try writer.append("a/data/0", $0) }
        try writer.finish()
        return try bytes(path).withUnsafeBytes { try ReadOnlyBytes.copying($0, "a.pth") }
    }

    /// {"w": a tensor of such a shape with such strides in a storage of so many elements}
    private func pickle(shape: [Int32], strides: [Int32], offset: Int32 = 0, count: Int32) -> [UInt8] {
        func integer(_ value: Int32) -> [UInt8] { [0x4A] + withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        func tuple(_ values: [Int32]) -> [UInt8] { [0x28] + values.flatMap(integer) + [0x74] }
        func text(_ value: String) -> [UInt8] { [0x8C, UInt8(value.utf8.count)] + Array(value.utf8) }
        let storage =
            [0x28] + text("storage") + Array("ctorch\nFloatStorage\n".utf8) + text("0") + text("cpu")
            + integer(count) + Array("tQ".utf8)
        let tensor =
            Array("ctorch._utils\n_rebuild_tensor_v2\n(".utf8) + storage + integer(offset) + tuple(shape)
            + tuple(strides) + [0x89, 0x7D] + Array("tR".utf8)
        return [0x80, 2, 0x7D] + text("w") + tensor + Array("s.".utf8)
    }

    @Test func viewsStayInTheirStorage() throws {
        let whole = try StateDict(archive(pickle(shape: [2, 3], strides: [3, 1], count: 6), elements: 6), path: "a")
        #expect(try whole.floats("w").count == 6)
        let (shape, strides): ([Int32], [Int32]) = ([2, 3], [3, 1])
        let wrong = [
            pickle(shape: shape, strides: strides, count: 5), pickle(shape: shape, strides: [4, 1], count: 6),
            pickle(shape: shape, strides: strides, offset: 1, count: 6),
            pickle(shape: shape, strides: [-3, 1], count: 6), pickle(shape: [-2, 3], strides: strides, count: 6),
            pickle(shape: [.max, .max, .max], strides: [0, 0, 0], count: 6),
            pickle(shape: [.max, .max, .max], strides: [.max, .max, .max], count: .max),
            pickle(shape: [2], strides: [3, 1], count: 6), pickle(shape: shape, strides: strides, count: -1),
        ]
        for pickle in wrong {
            expectFault(.badData, "a.pth", saying: "its pickle is garbled") {
                _ = try StateDict(archive(pickle, elements: 6), path: "a.pth")
            }
        }
        let short = try StateDict(archive(pickle(shape: shape, strides: strides, count: 6), elements: 5), path: "a.pth")
        expectFault(.badData, "a.pth:w", saying: "too few elements") { _ = try short.floats("w") }
        // As many as it says, however few bytes there are: nothing is asked of memory.
        let none = try StateDict(archive(pickle(shape: [.max, 0], strides: [1, 1], count: 6), elements: 6), path: "a")
        #expect(try none.floats("w").isEmpty)
    }

    /// Every instruction that is not known, and every one that is without what it needs.
    @Test func instructionsAreRefusedOrFindNothing() throws {
        for code in UInt8.min...UInt8.max {
            #expect(throws: Fault.self) {
                try [0x80, 2, code].withUnsafeBytes { bytes in
                    var reader = PickleReader(bytes, file: "a")
                    _ = try reader.read()
                }
            }
        }
    }

    @Test func cutsAndFlipsAreFaultsOrOtherTensors() throws {
        let archive = try ZipArchive(
            ReadOnlyBytes.contents(of: Self.path("checkpoint")), path: "a", remedy: "save it again")
        let member = try #require(archive.members.first { $0.name.hasSuffix("/data.pkl") })
        let contents = try archive.contents(of: member)
        var pickle = Array(contents.storage.bytes[contents.byteOffset..<(contents.byteOffset + member.byteCount)])
        func read(_ bytes: [UInt8]) throws {
            try bytes.withUnsafeBytes { bytes in
                var reader = PickleReader(bytes, file: "a")
                _ = try reader.read()
            }
        }
        try read(pickle)
        for count in pickle.indices { #expect(throws: Fault.self) { try read(Array(pickle[..<count])) } }
        for index in pickle.indices {
            for bit in 0..<8 {
                pickle[index] ^= 1 << bit
                do { try read(pickle) } catch { #expect(error is Fault) }
                pickle[index] ^= 1 << bit
            }
        }
    }
}
