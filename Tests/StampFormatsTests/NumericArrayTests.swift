import Files
import Glibc
import StampFormats
import TestSupport
import Testing

@Suite struct NumericArrayTests {
    static let formats = ElementType.Format.allCases

    @Test(arguments: formats) func everyFormatIsReadAsNumpyReadsIt(_ format: ElementType.Format) throws {
        let expected = try ReferenceValues.doubles("numpy/\(format.rawValue)")
        let array = try NumericArray(contentsOf: ReferenceValues.path("numpy/\(format.rawValue)_little_c.npy"))
        #expect(array.shape == [4, 3, 5])
        #expect(array.elementType.format == format)
        #expect(!array.isFortranOrder)
        #expect(try array.values.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test(arguments: formats) func bigEndianFortranOrderIsTransposed(_ format: ElementType.Format) throws {
        let expected = try ReferenceValues.doubles("numpy/\(format.rawValue)")
        let array = try NumericArray(contentsOf: ReferenceValues.path("numpy/\(format.rawValue)_big_fortran.npy"))
        #expect(array.shape == [4, 3, 5])
        #expect(array.isFortranOrder)
        #expect(array.elementType.isBigEndian == (array.elementType.byteCount > 1))
        #expect(try array.values.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test(arguments: ["float32_little_c.npy", "int16_big_fortran.npy"])
    func everyRangeEqualsItsElements(_ file: String) throws {
        let array = try NumericArray(contentsOf: ReferenceValues.path("numpy/\(file)"))
        let values = try array.values
        for start in 0...array.count {
            for end in start...array.count {
                let part = try [Double](unsafeUninitializedCapacity: end - start) { buffer, initialized in
                    try array.copy(start..<end, into: buffer)
                    initialized = end - start
                }
                #expect(part == Array(values[start..<end]))
            }
        }
        let elements = try (0..<array.count).map { try array[$0] }
        #expect(elements == values)
    }

    @Test(arguments: 1...3) func everyFormatVersionIsRead(_ version: Int) throws {
        let array = try NumericArray(contentsOf: ReferenceValues.path("numpy/version_\(version).npy"))
        #expect(try array.values == ReferenceValues.doubles("numpy/stamps"))
    }

    @Test func aScalarHasOneElement() throws {
        let array = try NumericArray(contentsOf: ReferenceValues.path("numpy/scalar.npy"))
        #expect(array.shape == [])
        #expect(try array.values == [2.5])
    }

    @Test(arguments: [
        "{\"shape\":(2,3),\"descr\":\"|u1\",\"fortran_order\":False}",
        "  {  'fortran_order' :\tFalse , 'descr': '=u1',\n 'shape': ( 2 , 3 , ) , }  ",
        "{'descr': 'u1', 'fortran_order': False, 'shape': (2L, 3L), }",
    ])
    func headersMayBeSpacedAndOrderedFreely(_ header: String) throws {
        let folder = try TemporaryFolder()
        let array = try NumericArray(contentsOf: folder.file("a.npy", npy(header, data: 6)))
        #expect(array.shape == [2, 3])
        #expect(try array.values == [0, 0, 0, 0, 0, 0])
    }

    @Test func aPipeIsRead() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let bytes = try ReferenceValues.bytes("numpy/version_1.npy")
        #expect(write(ends[1], bytes, bytes.count) == bytes.count)
        close(ends[1])
        let array = try NumericArray(contentsOf: "/dev/fd/\(ends[0])")
        #expect(try array.values == ReferenceValues.doubles("numpy/stamps"))
    }
}
