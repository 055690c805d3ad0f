import Faults
import StampFormats
import TestSupport
import Testing

@Suite struct NpzTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: ["single_stored", "single_deflated"]) func theOnlyArrayNeedsNoName(_ file: String) throws {
        let array = try NumericArray(contentsOf: ReferenceValues.path("numpy/\(file).npz"))
        #expect(array.shape == [5, 4, 4])
        #expect(try array.values == ReferenceValues.doubles("numpy/stamps"))
    }

    @Test(arguments: ["several_stored", "several_deflated"])
    func theOnlyArrayOfStampsNeedsNoName(_ file: String) throws {
        let stamps = try StampArray(contentsOf: ReferenceValues.path("numpy/\(file).npz"))
        #expect(stamps.count == 5)
        let pixels = try [Double](unsafeUninitializedCapacity: 80) { buffer, initialized in
            try stamps.copyStamps(0..<5, into: buffer.baseAddress!)
            initialized = 80
        }
        #expect(try pixels == ReferenceValues.doubles("numpy/stamps"))
        let labels = try NumericArray(contentsOf: ReferenceValues.path("numpy/\(file).npz:labels"))
        #expect(try labels.values == [0, 1, 2, 3, 4])
        #expect(try NumericArray(contentsOf: ReferenceValues.path("numpy/\(file).npz:stamps.npy")).shape == [5, 4, 4])
    }

    @Test(arguments: ["strings", "dates", "records", "objects", "complex"])
    func whatIsNoArrayOfNumbersMayStandBesideTheStamps(_ other: String) throws {
        let path = ReferenceValues.path("numpy/beside_\(other).npz")
        #expect(try StampArray(contentsOf: path).count == 5)
        expectFault(.badData, path, saying: "holds") { _ = try NumericArray(contentsOf: "\(path):other") }
    }

    @Test(arguments: ["single.NPZ", "single.Npz"]) func endingsMayBeInCapitals(_ name: String) throws {
        let path = try folder.file(name, ReferenceValues.bytes("numpy/several_deflated.npz"))
        #expect(try NumericArray(contentsOf: "\(path):labels").count == 5)
    }

    @Test(arguments: ["zip64_stored", "zip64_deflated"]) func archivesWith64BitSizesAreRead(_ file: String) throws {
        for member in ["first", "stamps"] {
            let array = try NumericArray(contentsOf: ReferenceValues.path("numpy/\(file).npz:\(member)"))
            #expect(try array.values == ReferenceValues.doubles("numpy/stamps"))
        }
    }

    @Test func dataMuchLargerThanItsCompressedFormIsRead() throws {
        let array = try NumericArray(contentsOf: ReferenceValues.path("numpy/repetitive.npz"))
        #expect(array.shape == [40, 21, 21])
        #expect(try array.values == ReferenceValues.doubles("numpy/repetitive"))
    }

    @Test func ambiguousArchivesListTheirMembers() {
        let path = ReferenceValues.path("numpy/ambiguous.npz")
        expectFault(.badData, path, saying: "holds the arrays train, test; \(path):NAME selects one") {
            _ = try StampArray(contentsOf: path)
        }
        expectFault(.missingInput, path, saying: "no array called other; name one of train, test") {
            _ = try StampArray(contentsOf: path + ":other")
        }
    }

    @Test func archivesCutOffAnywhereAreRefused() throws {
        for name in ["single_stored.npz", "zip64_deflated.npz"] {
            let whole = try ReferenceValues.bytes("numpy/\(name)")
            for length in stride(from: 4, to: whole.count, by: 3) {
                let path = try folder.file("cut.npz", Array(whole[..<length]))
                expectFault(.badData, path, saying: "copy the file again") {
                    _ = try NumericArray(contentsOf: path)
                }
            }
        }
    }

    @Test func noDamagedByteCrashesTheReader() throws {
        for (name, member) in [("single_deflated.npz", "arr_0"), ("zip64_stored.npz", "stamps")] {
            let whole = try ReferenceValues.bytes("numpy/\(name)")
            for position in whole.indices {
                let damaged = replacing(whole, at: position, by: [whole[position] ^ 0x5F])
                let path = try folder.file("damaged.npz", damaged)
                do { _ = try NumericArray(contentsOf: "\(path):\(member)").values } catch is Fault {}
            }
        }
    }

    @Test func sizesThatCannotBeTrueAreRefused() throws {
        // The directory's entry for the deflated member: the inflated size is at 24, the compressed one at 20.
        let whole = try ReferenceValues.bytes("numpy/single_deflated.npz")
        let entry = try #require(whole.indices.last { whole[$0...].starts(with: [0x50, 0x4B, 0x01, 0x02]) })
        let bomb = try folder.file("bomb.npz", replacing(whole, at: entry + 24, by: littleEndian(UInt32(0xFFFF_FFF0))))
        expectFault(.badData, bomb, saying: "claims 4294967280 bytes in") { _ = try NumericArray(contentsOf: bomb) }
        for (lie, words) in [(449, "it is shorter than it claims"), (447, "it is longer than it claims")] {
            let path = try folder.file("lie.npz", replacing(whole, at: entry + 24, by: littleEndian(UInt32(lie))))
            expectFault(.badData, path, saying: words) {
                _ = try NumericArray(contentsOf: path)
            }
        }
        let compressed = try folder.file("far.npz", replacing(whole, at: entry + 20, by: littleEndian(UInt32(100_000))))
        expectFault(.badData, compressed, saying: "reaches beyond the end of the file") {
            _ = try NumericArray(contentsOf: compressed)
        }
    }

    @Test func wrongChecksumsAreRefused() throws {
        let whole = try ReferenceValues.bytes("numpy/single_deflated.npz")
        let entry = try #require(whole.indices.last { whole[$0...].starts(with: [0x50, 0x4B, 0x01, 0x02]) })
        let path = try folder.file("sum.npz", replacing(whole, at: entry + 16, by: [1, 2, 3, 4]))
        expectFault(.badData, path, saying: "its checksum is wrong") { _ = try NumericArray(contentsOf: path) }
    }

    @Test func membersThatShareTheirBytesAreRefused() throws {
        // The offset of a member stands at 42 of its entry: the second one's becomes the first one's.
        let whole = try ReferenceValues.bytes("numpy/several_stored.npz")
        let entries = whole.indices.filter { whole[$0...].starts(with: [0x50, 0x4B, 0x01, 0x02]) }
        let path = try folder.file("shared.npz", replacing(whole, at: entries[1] + 42, by: littleEndian(UInt32(0))))
        expectFault(.badData, path, saying: "overlaps another member") { _ = try StampArray(contentsOf: path) }
    }

    @Test func namesInAnArchiveLeadNowhere() throws {
        // "arr_0.npy" becomes a path out of the folder, of the same length.
        let whole = try ReferenceValues.bytes("numpy/single_stored.npz")
        let renamed = whole.indices.filter { whole[$0...].starts(with: "arr_0.npy".utf8) }
            .reduce(whole) { replacing($0, at: $1, by: Array("../../a.npy".utf8.suffix(9))) }
        let path = try folder.file("path.npz", renamed)
        #expect(try NumericArray(contentsOf: path).values == ReferenceValues.doubles("numpy/stamps"))
        #expect(try folder.contents == ["path.npz"])
    }

    @Test func storedMembersMustHaveOneSize() throws {
        let whole = try ReferenceValues.bytes("numpy/single_stored.npz")
        let entry = try #require(whole.indices.last { whole[$0...].starts(with: [0x50, 0x4B, 0x01, 0x02]) })
        let path = try folder.file("two.npz", replacing(whole, at: entry + 24, by: littleEndian(UInt32(500))))
        expectFault(.badData, path, saying: "its two sizes differ") { _ = try NumericArray(contentsOf: path) }
    }

    @Test func emptyArchivesHoldNoArray() throws {
        let path = try folder.file("none.npz", [0x50, 0x4B, 0x05, 0x06] + [UInt8](repeating: 0, count: 18))
        expectFault(.badData, path, saying: "holds no array") { _ = try NumericArray(contentsOf: path) }
    }

    @Test func onlyArchivesHaveMembers() throws {
        let path = try folder.file("a.npz", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", data: 1))
        #expect(try NumericArray(contentsOf: path).count == 1)
        expectFault(.badData, path, saying: "is not a .npz file") { _ = try NumericArray(contentsOf: path + ":a") }
    }

    private func replacing(_ bytes: [UInt8], at position: Int, by new: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes.replaceSubrange(position..<(position + new.count), with: new)
        return bytes
    }
}
