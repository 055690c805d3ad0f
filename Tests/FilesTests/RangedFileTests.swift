import Faults
import Glibc
import StampFormats
import TestSupport
import Testing

/// Files of which a process reads parts when it needs them.
@Suite struct RangedFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func file(_ name: String, of values: Range<Int>) throws -> String {
        let path = try folder.file(name, [])
        try NpyFile.write(floats: values.map { Float($0) }, shape: [values.count], to: path)
        return path
    }

    /// More files than the process may have open, each read again and again, by many threads.
    @Test func moreFilesThanDescriptorsAreReadByManyThreads() async throws {
        var limits = rlimit()
        try #require(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0)
        let count = 1100
        let arrays = try (0..<count).map { try NumericArray(contentsOf: file("\($0).npy", of: $0..<$0 + 3)) }
        // The lowest descriptor that is free.
        let descriptor = dup(0)
        close(descriptor)
        #expect(limits.rlim_cur > 4 * UInt64(count) || UInt64(descriptor) < limits.rlim_cur)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for worker in 0..<6 {
                group.addTask {
                    try (0..<3000).allSatisfy { turn -> Bool in
                        let number = (turn * (2 * worker + 1) * 37 + worker) % count
                        return try arrays[number][turn % 3] == Double(number + turn % 3)
                    }
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    /// Another process reads what it was told of, and opens the file when it does; here, both are one.
    @Test(arguments: [
        "float32_big_fortran.npy", "int16_little_c.npy", "several_stored.npz:stamps", "several_deflated.npz:stamps",
    ])
    func aDescribedArrayIsTheSame(_ name: String) throws {
        let array = try NumericArray(contentsOf: ReferenceValues.path("numpy/\(name)"))
        let described = try NumericArray(array.description)
        if let bytes = described.unfilledBytes { bytes.copyMemory(from: UnsafeRawBufferPointer(array.unfilledBytes!)) }
        #expect(described.shape == array.shape && described.elementType == array.elementType)
        #expect(try described.values.map(\.bitPattern) == array.values.map(\.bitPattern))
        #expect((array.residentByteCount > 0) == name.contains("deflated"))
    }

    @Test func aFileThatChangesItsLengthIsRefused() throws {
        let path = try file("a.npy", of: 0..<100)
        let known = try NumericArray(contentsOf: path)
        let description = known.description
        _ = try file("a.npy", of: 0..<101)
        expectFault(.badData, path, saying: "bytes long and was") { _ = try NumericArray(description).values }
        unlink(path)
        expectFault(.missingInput, path, saying: "there is no such file") { _ = try NumericArray(description).values }
    }

    /// One that is cut off while it is open ends in a fault, not in a signal.
    @Test func aFileThatIsCutOffWhileItIsReadIsRefused() throws {
        let path = try file("a.npy", of: 0..<100)
        let array = try NumericArray(contentsOf: path)
        try #require(truncate(path, 200) == 0)
        expectFault(.badData, path, saying: "is 200 bytes long") { _ = try array[99] }
    }
}
