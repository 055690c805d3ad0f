import CKernels
import TestSupport
import Testing

@Suite struct BFloat16Tests {
    /// Bit patterns of float32 and those of the nearest bfloat16, by `ml_dtypes.bfloat16` (which numpy uses): ties to
    /// even and odd, the largest numbers, subnormal ones, infinity.
    @Test(
        arguments: [
            (0x3F80_0000, 0x3F80), (0x3F80_8000, 0x3F80), (0x3F80_8001, 0x3F81), (0x3F81_8000, 0x3F82),
            (0x3F81_7FFF, 0x3F81), (0xBF80_C000, 0xBF81), (0x7F7F_7FFF, 0x7F7F), (0x7F7F_8000, 0x7F80),
            (0x7F7F_FFFF, 0x7F80), (0xFF80_0000, 0xFF80), (0x0000_8000, 0x0000), (0x0000_8001, 0x0001),
            (0x0001_8000, 0x0002), (0x8000_0000, 0x8000), (0x007F_FFFF, 0x0080), (0x4049_0FDB, 0x4049),
        ] as [(UInt32, UInt16)])
    func valuesAreRoundedToTheNearest(bits: UInt32, expected: UInt16) {
        for count in [1, 16, 37] {
            var values = [Float](repeating: Float(bitPattern: bits), count: count)
            var packed = [UInt16](repeating: 7, count: count)
            round_to_bfloat16(&values, count)
            pack_bfloat16(&packed, values, count)
            #expect(packed.allSatisfy { $0 == expected })
            #expect(values.allSatisfy { $0.bitPattern == UInt32(expected) << 16 })
            var back = [Float](repeating: 7, count: count)
            unpack_bfloat16(&back, packed, count)
            #expect(back.map(\.bitPattern) == values.map(\.bitPattern))
        }
    }

    @Test func whatIsNotANumberStaysSo() {
        var values = [0x7F80_0001, 0xFFFF_FFFF, 0x7FC0_0000, 0x7FFF_8000].map { Float(bitPattern: UInt32($0)) }
        round_to_bfloat16(&values, values.count)
        #expect(values.allSatisfy { $0.isNaN })
        #expect(values.allSatisfy { $0.bitPattern & 0xFFFF == 0 })
    }

    /// The sum in single precision, then rounded: as two steps.
    @Test(arguments: [0, 1, 15, 16, 1000])
    func aSumIsRoundedOnce(count: Int) {
        let x = unevenFloats(count, seed: 1)
        var y = unevenFloats(count, seed: 2)
        var expected = zip(x, y).map { $0 + $1 }
        round_to_bfloat16(&expected, count)
        add_rounded_into(&y, x, count)
        #expect(y.map(\.bitPattern) == expected.map(\.bitPattern))
    }
}
