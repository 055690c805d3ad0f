import StampFormats
import TestSupport

#if FITS
    import FoundationEssentials
    import Glibc
    import StampFormats
    import Testing

    @Suite struct FITSTests {
        @Test(
            arguments: [
                "uint8", "int16", "int32", "int64", "int8", "uint16", "uint32", "uint64", "float32", "float64",
            ].map { "cube_\($0)" })
        func everyNumberFormatIsRead(_ name: String) throws { try expectValues(name, of: name) }

        /// With BLANK for integers. The expected values are those of the same two roundings.
        @Test(arguments: ["uint8", "int16", "int32", "int64", "float32", "float64"].map { "scaled_\($0)" })
        func storedNumbersAreScaled(_ name: String) throws { try expectValues(name, of: name) }

        @Test(arguments: ["blank_int16", "blank_uint16", "blank_beyond"])
        func undefinedPixelsAreNotNumbers(_ name: String) throws { try expectValues(name, of: name) }

        @Test(arguments: [
            "list_primary", "list_named", "cube_extension", "axes_last", "axes_first", "two_cubes",
        ])
        func cubesAndListsOfImagesGiveTheSameStamps(_ name: String) throws { try expectValues("stamps", of: name) }

        @Test func everyImageOfAListHasAFormatOfItsOwn() throws { try expectValues("list_mixed", of: "list_mixed") }

        @Test(arguments: [
            "rice_int16", "rice_uint16", "rice_int32", "gzip_uint8", "gzip_float32", "gzip_float64",
            "hcompress_int32", "plio_int16", "rice_blank", "rice_quantised", "rice_list",
        ])
        func compressedTilesAreRead(_ name: String) throws { try expectValues(name, of: name) }

        /// What other programs write, and older versions of astropy wrote.
        @Test(arguments: ["rice_zblank", "rice_unscaled", "hcompress_unscaled", "blank_float", "hierarch"])
        func unusualHeadersMeanWhatTheyMeanToAstropy(_ name: String) throws { try expectValues(name, of: name) }

        /// Beside the name of an image there may be that of the table that holds it.
        @Test func compressedImagesAreSelectedByTheirOwnNames() throws {
            let path = ReferenceValues.path("fits/two_names.fits")
            try expectValues("two_names", in: StampArray(contentsOf: "\(path):SCI"))
            expectFault(.badData, path, saying: "holds images of several kinds: HDU 1 (SCI), HDU 2 (MASK)") {
                _ = try StampArray(contentsOf: path)
            }
        }

        @Test(arguments: ["stamps.FITS", "stamps.Fit", "stamps.fits.FZ"])
        func endingsMayBeInCapitals(_ name: String) throws {
            let folder = try TemporaryFolder()
            let path = try folder.file(name, ReferenceValues.bytes("fits/science_and_errors.fits"))
            try expectValues("stamps", in: StampArray(contentsOf: "\(path):SCI"))
        }

        /// In a pattern, brackets mean something else.
        @Test func aNameWithBracketsIsAName() throws {
            let named = imageExtension(["3", "2"], more: [("EXTNAME", "'SCI[1]'")], data: 24)
            let other = imageExtension(["3", "2"], more: [("EXTNAME", "'SCI1'")], data: 24)
            let folder = try TemporaryFolder()
            let path = try folder.file("stamps.fits", primary([], data: 0) + named + other)
            #expect(try StampArray(contentsOf: "\(path):SCI[1]").count == 1)
            #expect(try StampArray(contentsOf: "\(path):SCI*").count == 2)
        }

        @Test(arguments: ["cube.fits.gz", "cube_members.fits.gz"]) func gzippedFilesAreRead(_ file: String) throws {
            try expectValues("cube_float32", in: StampArray(contentsOf: ReferenceValues.path("fits/\(file)")))
        }

        @Test(arguments: [
            ("SCI", "stamps"), ("sci", "stamps"), ("1", "stamps"), ("S*", "stamps"), ("ERR", "errors"), ("2", "errors"),
        ])
        func extensionsAreSelectedByName(_ selection: String, _ expected: String) throws {
            let path = ReferenceValues.path("fits/science_and_errors.fits")
            try expectValues(expected, in: StampArray(contentsOf: "\(path):\(selection)"))
        }

        @Test func aPatternTakesSeveralExtensionsInTheirOrder() throws {
            let path = ReferenceValues.path("fits/science_and_errors.fits")
            let stamps = try StampArray(contentsOf: "\(path):*")
            #expect(stamps.count == 11)
            let expected = try ReferenceValues.doubles("fits/stamps") + ReferenceValues.doubles("fits/errors")
            #expect(try pixels(stamps, 0..<11) == expected + [Double](repeating: 1, count: 30))
        }

        @Test func imagesOfSeveralKindsMustBeSelected() throws {
            let path = ReferenceValues.path("fits/science_and_errors.fits")
            expectFault(
                .badData, path,
                saying: "holds images of several kinds: HDU 1 (SCI), HDU 2 (ERR), HDU 3 (MASK); \(path):EXTNAME takes"
            ) { _ = try StampArray(contentsOf: path) }
            expectFault(.missingInput, path, saying: "holds no image called DQ; name one of HDU 1 (SCI)") {
                _ = try StampArray(contentsOf: "\(path):DQ")
            }
        }

        @Test(arguments: ["cube_int16", "list_mixed", "list_named", "rice_list"])
        func everyRangeEqualsItsStamps(_ name: String) throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("fits/\(name).fits"))
            let all = try pixels(stamps, 0..<stamps.count)
            for start in 0...stamps.count {
                for end in start...stamps.count {
                    #expect(try pixels(stamps, start..<end) == Array(all[start * 30..<end * 30]))
                }
            }
        }

        /// cfitsio itself need not be made for several threads.
        @Test func manyThreadsOpenAndReadTheSameFiles() async throws {
            let expected = try ReferenceValues.doubles("fits/stamps")
            await withTaskGroup(of: Bool.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        let name = ["list_named", "cube_extension", "two_cubes"][worker % 3]
                        return (0..<20).allSatisfy { turn in
                            guard let stamps = try? StampArray(contentsOf: ReferenceValues.path("fits/\(name).fits"))
                            else {
                                return false
                            }
                            let index = (turn * 7 + worker) % 5
                            return (try? pixels(stamps, index..<index + 1))
                                == Array(expected[index * 30..<(index + 1) * 30])
                        }
                    }
                }
                for await isRight in group { #expect(isRight) }
            }
        }

        /// Another process reads what it was told of; where pixels are in memory, it is sent them.
        @Test(arguments: ["cube_uint16", "list_mixed", "scaled_int16", "rice_int16", "rice_quantised"])
        func describedStampsAreTheSame(_ name: String) throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("fits/\(name).fits"))
            let described = try StampArray(
                JSONDecoder().decode(
                    StampArray.Description.self, from: JSONEncoder().encode(stamps.description)))
            #expect(described.unfilledBlocks.isEmpty == (stamps.residentByteCount == 0))
            for (empty, bytes) in zip(described.unfilledBlocks, stamps.unfilledBlocks) {
                empty.copyMemory(from: UnsafeRawBufferPointer(bytes))
            }
            try expectValues(name, in: described)
        }

        /// Whatever cfitsio's extended file names mean, a name is a name.
        @Test(arguments: [
            "cube.fits[0]", "cube.fits[0][1:2,1:2,1:1]", "!cube.fits", "|cat cube.fits", "mem:cube.fits",
            "cube(copy).fits",
        ])
        func namesHaveNoSyntaxOfCfitsio(_ name: String) throws {
            let folder = try TemporaryFolder()
            let path = try folder.file(name, ReferenceValues.bytes("fits/cube_int16.fits"))
            try expectValues("cube_int16", in: StampArray(contentsOf: path))
            expectFault(.missingInput, "there is no such file", saying: "[0]") {
                _ = try StampArray(contentsOf: "\(ReferenceValues.path("fits/cube_int16.fits"))[0]")
            }
        }

        @Test func aPipeIsRead() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            defer { close(ends[0]) }
            let bytes = try ReferenceValues.bytes("fits/cube_int16.fits")
            #expect(write(ends[1], bytes, bytes.count) == bytes.count)
            close(ends[1])
            try expectValues("cube_int16", in: StampArray(contentsOf: "/dev/fd/\(ends[0])"))
        }

        private func expectValues(
            _ expected: String, of name: String, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("fits/\(name).fits"))
            try expectValues(expected, in: stamps, sourceLocation: sourceLocation)
        }

        /// Compares bits, since NaN differs from itself; which NaN it is does not matter.
        private func expectValues(
            _ name: String, in stamps: StampArray, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            func bits(_ values: [Double]) -> [UInt64] { values.map { $0.isNaN ? .max : $0.bitPattern } }
            let expected = try ReferenceValues.doubles("fits/\(name)")
            #expect(stamps.count * stamps.valuesPerStamp == expected.count, sourceLocation: sourceLocation)
            #expect(try bits(pixels(stamps, 0..<stamps.count)) == bits(expected), sourceLocation: sourceLocation)
        }
    }

    private func pixels(_ stamps: StampArray, _ range: Range<Int>) throws -> [Double] {
        let count = range.count * stamps.valuesPerStamp
        return try [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            try stamps.copyStamps(range, into: buffer.baseAddress!)
            initialized = count
        }
    }
#endif
