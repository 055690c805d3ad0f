import Files
import Testing

@Suite struct CRC32Tests {
    /// The check value that catalogues of checksums give for CRC-32/ISO-HDLC.
    @Test func piecesGiveTheCatalogueValue() {
        var checksum = CRC32()
        for piece in ["1234", "", "56789"] { Array(piece.utf8).withUnsafeBytes { checksum.update($0) } }
        #expect(checksum.value == 0xCBF4_3926)
        #expect(checksum.hexadecimal == "cbf43926")
    }

    @Test func hexadecimalKeepsLeadingZeros() { #expect(CRC32().hexadecimal == "00000000") }
}
