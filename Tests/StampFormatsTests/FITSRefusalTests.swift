import StampFormats
import TestSupport

#if FITS
    import Faults
    import Foundation
    import StampFormats
    import Testing

    @Suite struct FITSRefusalTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func expectBadData(
            _ bytes: [UInt8], saying words: String, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let path = try folder.file("hostile.fits", bytes)
            expectFault(.badData, path, saying: words, sourceLocation: sourceLocation) {
                _ = try StampArray(contentsOf: path)
            }
        }

        @Test func whatTheseTestsDamageIsReadWhole() throws {
            let list = primary(["3", "2"], data: 24) + imageExtension(["3", "2"], data: 24)
            let stamps = try StampArray(contentsOf: folder.file("whole.fits", list))
            #expect(stamps.count == 2 && stamps.height == 2 && stamps.width == 3)
        }

        @Test func otherFilesAreNamed() throws {
            try expectBadData([], saying: "is not a FITS file: it does not start with SIMPLE")
            try expectBadData(Array("<html>".utf8), saying: "is not a FITS file")
            try expectBadData(
                npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 2), }", data: 4), saying: "is not")
            try expectBadData([0x1F, 0x8B, 8, 0, 1, 2], saying: "gunzip cannot read it")
        }

        @Test func filesCutOffAnywhereAreRefused() throws {
            let whole = primary(["3", "2"], data: 24) + imageExtension(["3", "2"], data: 24)
            // Where the last block's padding begins, all is there.
            for length in stride(from: 10, to: 3 * 2880 + 24, by: 97) where length != 2 * 2880 {
                // A list that ends with its first image is a shorter list.
                guard !(2880 + 24...2 * 2880).contains(length) else { continue }
                try expectBadData(Array(whole[..<length]), saying: "copy the file again")
            }
            let unpadded = Array(whole[..<(3 * 2880 + 24)])
            #expect(try StampArray(contentsOf: folder.file("unpadded.fits", unpadded)).count == 2)
        }

        @Test func whatFollowsTheLastImageMustBePadding() throws {
            let image = primary(["3", "2"], data: 24)
            let padded = image + [UInt8](repeating: 0, count: 5000)
            #expect(try StampArray(contentsOf: folder.file("padded.fits", padded)).count == 1)
            try expectBadData(image + Array("rubbish".utf8), saying: "HDU 1 is damaged or cut off")
        }

        @Test func theStandardMustBeKeptTo() throws {
            let unit = headerUnit(
                [("SIMPLE", "F"), ("BITPIX", "8"), ("NAXIS", "2"), ("NAXIS1", "2"), ("NAXIS2", "2")], data: 4)
            try expectBadData(unit, saying: "SIMPLE is not T")
        }

        @Test(arguments: [
            ["-3", "2"], ["3", "-1"], ["9223372036854775807", "9223372036854775807"], ["4294967296", "4294967296"],
            ["2147483648", "2147483648", "4"], ["99999999999999999999", "2"], ["x", "2"], ["3000000000", "2000000000"],
        ])
        func impossibleAxesAreRefused(_ axes: [String]) throws {
            try expectBadData(primary(axes, data: 24), saying: "copy the file again")
            try expectBadData(primary([], data: 0) + imageExtension(axes, data: 24), saying: "copy the file again")
        }

        @Test(arguments: ["7", "-16", "0", "1000000"]) func unknownNumberFormatsAreRefused(_ bits: String) throws {
            try expectBadData(primary(["3", "2"], bits: Int(bits)!, data: 24), saying: "copy the file again")
        }

        @Test func moreAxesThanStampsHaveAreRefused() throws {
            let many = [String](repeating: "1", count: 40)
            try expectBadData(primary(many, data: 4), saying: "has 40 axes")
            try expectBadData(
                primary(["3", "2", "2", "2"], data: 96), saying: "(2, 2, 2, 3), which is not one of stamps")
        }

        @Test func filesWithoutImagesAreRefused() throws {
            try expectBadData(primary([], data: 0), saying: "holds no image of two or more axes")
            try expectBadData(primary(["6"], data: 24), saying: "holds no image of two or more axes")
            try expectBadData(primary(["3", "0"], data: 0), saying: "holds no image of two or more axes")
        }

        @Test func imagesOfSeveralSizesAreNamed() throws {
            let list =
                primary([], data: 0) + imageExtension(["3", "2"], data: 24) + imageExtension(["2", "2"], data: 16)
            try expectBadData(list, saying: "the stamps of HDU 2 are 2×2, those of HDU 1 are 2×3")
        }

        @Test(arguments: [("BSCALE", "1E400"), ("BZERO", "'text'"), ("BLANK", "'text'"), ("BSCALE", "NaN")])
        func keywordsMustBeNumbers(_ key: String, _ value: String) throws {
            try expectBadData(
                primary(["3", "2"], bits: 16, more: [(key, value)], data: 12), saying: "copy the file again")
        }

        /// cfitsio's own conversion aborts the process.
        @Test(arguments: ["BLANK", "BZERO"]) func longValuesAreNoNumbers(_ key: String) throws {
            let value = "1" + String(repeating: "x", count: 68)
            try expectBadData(
                primary(["3", "2"], bits: 16, more: [(key, value)], data: 12), saying: "HDU 0 has the \(key) 1xxx")
        }

        /// A short file that claims compressed images of a terabyte, and tiles of one.
        @Test(arguments: ["ZNAXIS3 =                    5", "ZTILE1  =                    5"])
        func compressedImagesWithoutEndAreRefused(_ card: String) throws {
            var bytes = try ReferenceValues.bytes("fits/rice_int16.fits")
            let start = try #require(bytes.firstRange(of: Array(card.utf8))?.lowerBound)
            bytes.replaceSubrange(start + 10..<start + 30, with: Array("       1099511627776".utf8))
            try expectBadData(bytes, saying: "claims images that so short a file cannot hold")
        }

        /// Programs differ about which of two values counts.
        @Test(arguments: ["BZERO", "BSCALE", "BLANK"]) func aKeywordWithTwoValuesIsRefused(_ key: String) throws {
            let image = primary(["3", "2"], bits: 16, more: [(key, "5"), (key, "6")], data: 12)
            try expectBadData(image, saying: "HDU 0 has two values of \(key), 5 and 6")
        }

        /// cfitsio writes beyond its own memory for these; it does so in a process of its own.
        @Test func whatBreaksCfitsioIsADamagedFile() throws {
            let axes = (1...200).map { $0 < 100 ? "1" : "4702111234474983745" }
            try expectBadData(primary(axes, data: 0), saying: "copy the file again")
            var bytes = try ReferenceValues.bytes("fits/hcompress_int32.fits")
            let tile = try #require(bytes.firstRange(of: [0xDD, 0x99])?.lowerBound)
            bytes.replaceSubrange(tile + 2..<tile + 6, with: [0, 1, 0x86, 0xA0])
            try expectBadData(bytes, saying: "copy the file again")
            bytes = try ReferenceValues.bytes("fits/rice_int16.fits")
            let card = try #require(bytes.firstRange(of: Array("ZTILE1  =".utf8))?.lowerBound)
            bytes.replaceSubrange(card + 10..<card + 30, with: Array("                   0".utf8))
            try expectBadData(bytes, saying: "copy the file again")
        }

        /// Bytes of compressed images at random places: no value or a fault, and the next file is read as before.
        @Test func damagedCompressedImagesHarmNobody() throws {
            var random = SystemRandomNumberGenerator()
            for name in ["hcompress_int32", "plio_int16", "rice_quantised", "gzip_float64"] {
                let whole = try ReferenceValues.bytes("fits/\(name).fits")
                for _ in 0..<25 {
                    var bytes = whole
                    for _ in 0..<8 {
                        let place = Int.random(in: 2880..<bytes.count, using: &random)
                        bytes[place] = UInt8.random(in: 0...255, using: &random)
                    }
                    let path = try folder.file("hostile.fits", bytes)
                    do { _ = try StampArray(contentsOf: path) } catch let fault as Fault {
                        #expect(fault.kind == .badData || fault.kind == .missingInput, "\(fault)")
                    }
                }
                let stamps = try StampArray(contentsOf: ReferenceValues.path("fits/\(name).fits"))
                #expect(stamps.count > 1)
            }
        }

        /// A megabyte of gzip that holds a gigabyte.
        @Test func aBombOfGzipIsRefused() throws {
            let image = primary(["3", "2"], data: 24)
            let process = Process()
            let path = folder.path("bomb.fits.gz")
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = [
                "-c", "(cat '\(try folder.file("image", image))'; head -c 500M /dev/zero) | gzip >'\(path)'",
            ]
            try process.run()
            process.waitUntilExit()
            expectFault(.badData, path, saying: "inflates to more than") { _ = try StampArray(contentsOf: path) }
        }

        @Test func compressed64BitIntegersAreRefused() throws {
            try expectBadData(
                ReferenceValues.bytes("fits/gzip_int64.fits"), saying: "HDU 1 holds compressed 64-bit integers")
        }

        @Test func damagedTilesAreRefused() throws {
            var bytes = try ReferenceValues.bytes("fits/gzip_float32.fits")
            let tile = try #require(bytes.ranges(of: [0x1F, 0x8B, 8, 0]).last?.lowerBound)
            bytes.replaceSubrange(tile + 10..<tile + 20, with: [UInt8](repeating: 0xFF, count: 10))
            try expectBadData(bytes, saying: "the pixels of HDU 1 (COMPRESSED_IMAGE) cannot be read (cfitsio: ")
        }

        @Test func gzippedFilesMustBeWhole() throws {
            let whole = try ReferenceValues.bytes("fits/cube.fits.gz")
            for length in stride(from: 20, to: whole.count, by: 50) {
                try expectBadData(Array(whole[..<length]), saying: "gunzip cannot read it")
            }
            try expectBadData(whole + Array("rubbish".utf8), saying: "gunzip cannot read it")
        }
    }
#endif
