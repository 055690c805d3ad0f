import Faults
import Files
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct SafetensorsTests {
    private let folder: TemporaryFolder
    private static let tensors = [
        NamedTensor(name: "zeta/kernel", shape: [2, 3], values: [1, -2.5, .pi, 0, -0.0, .leastNonzeroMagnitude]),
        NamedTensor(name: "alpha \"quoted\"\n\u{1F52D}", shape: [], values: [7]),
        NamedTensor(name: "empty", shape: [0, 4], values: []),
    ]
    private static let metadata = ["normalize": "notebook", "a\\b": "line\nbreak \t é", "": ""]

    init() throws { folder = try TemporaryFolder() }

    @Test func tensorsAndMetadataSurvive() throws {
        let path = folder.path("model.safetensors")
        try SafetensorsFile.write(Self.tensors, metadata: Self.metadata, to: path)
        let file = try SafetensorsFile(contentsOf: path)
        #expect(file.metadata == Self.metadata)
        #expect(Set(file.tensors.map(\.name)) == Set(Self.tensors.map(\.name)))
        for tensor in Self.tensors {
            let read = try #require(file.tensor(named: tensor.name))
            #expect(read.shape == tensor.shape && read.format == .float32 && read.count == tensor.values.count)
            #expect(try file.floats(tensor.name).map(\.bitPattern) == tensor.values.map(\.bitPattern))
            #expect(try file.doubles(tensor.name) == tensor.values.map(Double.init))
        }
        #expect(try folder.contents == ["model.safetensors"])
    }

    @Test func filesOfTheOfficialPackageAreRead() throws {
        // Written by Tests/ReferenceValues/make_safetensors_reference.py.
        let file = try SafetensorsFile(contentsOf: ReferenceValues.path("numpy/official.safetensors"))
        #expect(file.metadata == ["a \"quoted\" \\ key": "line\nbreak, é \u{1F52D}"])
        let expected: [String: (shape: [Int], values: [Double])] = [
            "kernel": ([2, 3], [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]), "scalar": ([], [3]), "empty": ([0, 3], []),
            "step": ([2], [-1, 0x1p40]), "half": ([2], [0.5, -2]), "mask": ([3], [1, 0, 1]),
            "bytes": ([3], [0, 255, 7]),
        ]
        #expect(Set(file.tensors.map(\.name)) == Set(expected.keys))
        for (name, tensor) in expected {
            #expect(file.tensor(named: name)?.shape == tensor.shape)
            #expect(try file.doubles(name) == tensor.values)
        }
    }

    @Test func bytesAreTheFormatsOwn() throws {
        let path = folder.path("model.safetensors")
        let tensors = [
            NamedTensor(name: "b", shape: [1, 1], values: [1]), NamedTensor(name: "a", shape: [1], values: [2]),
        ]
        try SafetensorsFile.write(tensors, metadata: ["y": "1", "x": "2"], to: path)
        let header =
            #"{"__metadata__":{"x":"2","y":"1"},"b":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"#
            + #""a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#
        let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        let expected =
            littleEndian(UInt64(padded.utf8.count)) + Array(padded.utf8) + littleEndian(Float(1).bitPattern)
            + littleEndian(Float(2).bitPattern)
        #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == expected)
    }

    @Test func elementsOfOtherFormatsAreReadAndWritten() throws {
        let path = folder.path("state.safetensors")
        let steps: [Int64] = [-1, 1 << 40]
        let bytes: [UInt8] = [0, 255, 3]
        try steps.withUnsafeBytes { steps in
            try bytes.withUnsafeBytes { bytes in
                try SafetensorsFile.write(
                    [
                        TensorBytes(name: "bytes", shape: [3], format: .uint8, bytes: bytes),
                        TensorBytes(name: "steps", shape: [2], format: .int64, bytes: steps),
                    ], to: path)
            }
        }
        let file = try SafetensorsFile(contentsOf: path)
        #expect(try file.doubles("bytes") == [0, 255, 3])
        #expect(try file.doubles("steps") == [-1, 0x1p40])
        #expect(try file.withBytes(of: "bytes") { Array($0) } == bytes)
        expectFault(.badData, path, saying: "steps holds int64 elements") { _ = try file.floats("steps") }
    }

    @Test func missingAndMisshapenTensorsAreNamed() throws {
        let path = folder.path("model.safetensors")
        try SafetensorsFile.write(Self.tensors, to: path)
        let file = try SafetensorsFile(contentsOf: path)
        expectFault(.badData, path, saying: "holds no tensor called bias") { _ = try file.floats("bias") }
        var values: [Float] = [0, 0]
        values.withUnsafeMutableBufferPointer { values in
            expectFault(.badData, path, saying: "zeta/kernel has 6 elements where 2 are needed") {
                try file.copyFloats("zeta/kernel", into: values)
            }
        }
        values = [Float](repeating: 1, count: 6)
        try values.withUnsafeMutableBufferPointer { try file.copyFloats("zeta/kernel", into: $0) }
        #expect(values == Self.tensors[0].values)
    }

    /// Of a file that has been copied, hardly a page stays in this process's memory.
    @Test func whatIsCopiedIsInMemoryOnce() throws {
        let path = folder.path("large.safetensors"), values = (0..<3 << 20).map(Float.init)
        try SafetensorsFile.write([NamedTensor(name: "large", shape: [values.count], values: values)], to: path)
        let file = try SafetensorsFile(contentsOf: path)
        #expect(try file.withBytes(of: "large") { $0.reduce(0) { $0 &+ Int($1) } } > 0)
        let before = try residentKilobytes()
        #expect(try file.floats("large") == values)
        let after = try withExtendedLifetime(file) { try residentKilobytes() }
        #expect(before > 8 << 10 && after < 1 << 10, "\(before) kB before, \(after) kB after")
    }

    /// How much of a mapped file lies in the memory of this process.
    private func residentKilobytes() throws -> Int {
        // Whose size the system does not tell.
        let map = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps")).readToEnd() ?? Data()
        let lines = String(decoding: map, as: UTF8.self).split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.hasSuffix("/large.safetensors") })
        let resident = try #require(lines[start...].first { $0.hasPrefix("Rss:") })
        return try #require(resident.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }
}

@Suite struct SafetensorsRefusalTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func expectBadData(
        _ bytes: [UInt8], saying words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let path = try folder.file("hostile.safetensors", bytes)
        expectFault(.badData, path, saying: words, sourceLocation: sourceLocation) {
            _ = try SafetensorsFile(contentsOf: path)
        }
    }

    private func file(_ header: String, data: Int = 0) -> [UInt8] {
        littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
    }

    /// A description of a float32 vector.
    private func vector(_ name: String, _ length: Int, _ start: Int, _ end: Int) -> String {
        "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(length)],\"data_offsets\":[\(start),\(end)]}"
    }

    @Test func headersLongerThanTheFileAreRefused() throws {
        try expectBadData([], saying: "the file is empty")
        try expectBadData([1, 2, 3], saying: "ends within its header")
        try expectBadData(littleEndian(UInt64.max), saying: "claims a header of 18446744073709551615 bytes")
        try expectBadData(
            littleEndian(UInt64(100_000_000)) + [0x7B, 0x7D], saying: "claims a header of 100000000 bytes")
    }

    @Test func headersOverTheFormatsLimitAreRefused() throws {
        let path = try folder.file("large.safetensors", littleEndian(UInt64(100_000_001)))
        // A sparse file: it takes no room on the disk.
        #expect(truncate(path, 100_000_100) == 0)
        expectFault(.badData, path, saying: "claims a header of 100000001 bytes") {
            _ = try SafetensorsFile(contentsOf: path)
        }
    }

    @Test func everyByteMustBelongToOneTensor() throws {
        try expectBadData(
            file("{\(vector("a", 2, 0, 8)),\(vector("b", 2, 4, 12))}", data: 12), saying: "b overlaps another tensor")
        try expectBadData(
            file("{\(vector("a", 2, 0, 8)),\(vector("b", 2, 12, 20))}", data: 20), saying: "a gap lies before b")
        try expectBadData(file("{\(vector("a", 1, 4, 8))}", data: 8), saying: "a gap lies before a")
        try expectBadData(file("{\(vector("a", 1, 0, 4))}", data: 8), saying: "4 bytes at its end belong to no tensor")
        try expectBadData(file("{\(vector("a", 2, 0, 8))}", data: 7), saying: "is truncated: a reaches to byte 8 of 7")
    }

    @Test func sizesMustFitShapes() throws {
        try expectBadData(file("{\(vector("a", 3, 0, 8))}", data: 8), saying: "which do not fit its shape (3,)")
        let huge = #"{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#
        try expectBadData(file(huge), saying: "which do not fit its shape")
        try expectBadData(file("{\(vector("a", -1, 0, 4))}", data: 4), saying: "an invalid size")
        try expectBadData(file("{\(vector("a", 1, 4, 0))}", data: 4), saying: "is not described by")
    }

    @Test func namesMustBeUnique() throws {
        try expectBadData(
            file("{\(vector("a", 1, 0, 4)),\(vector("a", 1, 0, 4))}", data: 4), saying: "two tensors are called a")
        // The same name, written with an escape.
        try expectBadData(
            file("{\(vector("a", 1, 0, 4)),\(vector("\\u0061", 1, 4, 8))}", data: 8), saying: "two tensors are called a"
        )
    }

    @Test func messagesShowNoEscapeSequences() throws {
        let path = try folder.file(
            "colours.safetensors", file("{\(vector("\\u001b[31m\\u0007", 3, 0, 8))}", data: 8))
        let fault = #expect(throws: Fault.self) { _ = try SafetensorsFile(contentsOf: path) }
        #expect(fault?.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } == true)
    }

    @Test func messagesStayShort() throws {
        let ones = [String](repeating: "1", count: 100_000).joined(separator: ",")
        let path = try folder.file(
            "long.safetensors", file("{\"a\":{\"dtype\":\"F32\",\"shape\":[\(ones)],\"data_offsets\":[0,8]}}", data: 8))
        let fault = #expect(throws: Fault.self) { _ = try SafetensorsFile(contentsOf: path) }
        #expect((fault?.description.utf8.count ?? .max) < 2000)
    }

    @Test func unknownElementTypesAreRefused() throws {
        try expectBadData(
            file(#"{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}"#, data: 2),
            saying: "a holds elements of type BF16; save it again as float32")
    }

    @Test(arguments: [
        "", "[]", "{", "{\"a\"", "{\"a\":1}", "{\"a\":{}}", "{} {}", "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "{\"__metadata__\":{},\"__metadata__\":{}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}}", "{\"\\ud800\":{}}",
        "{\"\\q\":{}}",
        "{\"__metadata__\":{\"a\":\"b\"},}",
    ])
    func garbledHeadersAreRefused(_ header: String) throws {
        try expectBadData(file(header, data: 4), saying: "is not a whole .safetensors file")
    }
}
