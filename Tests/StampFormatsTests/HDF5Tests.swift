import StampFormats
import TestSupport
import Testing

#if Keras
    import FoundationEssentials
    import Glibc

    @Suite struct HDF5Tests {
        @Test(arguments: [
            "contiguous.h5", "contiguous.h5:/stamps", "contiguous.h5:stamps", "latest.h5", "latest.h5:/deep/er/stamps",
            "latest.h5:/deep", "user_block.h5", "chunked.h5", "several.h5:/run/train", "table.h5:/results/table/stamps",
            "table_packed.h5:results/table/stamps",
        ]) func everyKindOfDatasetIsRead(_ name: String) throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("channels/\(name)"))
            try expectStamps(in: stamps)
            try expectRanges(of: stamps)
            try expectDescribed(stamps)
        }

        @Test(arguments: ["contiguous.h5", "latest.h5", "user_block.h5", "several.h5:/run/train"])
        func whatLiesInOnePieceTakesNoMemory(_ name: String) throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("channels/\(name)"))
            #expect(stamps.residentByteCount == 0 && stamps.unfilledBlocks.isEmpty)
        }

        @Test func aTableHasOtherColumns() throws {
            let path = ReferenceValues.path("channels/table.h5:/results/table/coadd")
            let stamps = try StampArray(contentsOf: path)
            #expect(stamps.channels == 1 && stamps.height == 8 && stamps.width == 6)
            let all = try ReferenceValues.doubles("channels/stamps")
            #expect(try values(stamps, 0..<5) == (0..<240).map { all[3 * $0] })
        }

        @Test func channelsMayComeFirst() throws {
            let path = ReferenceValues.path("channels/nchw.h5")
            try expectStamps(in: StampArray(contentsOf: path, layout: .nchw))
            expectFault(.badData, "\(path):/stamps", saying: "say so with --layout nchw") {
                _ = try StampArray(contentsOf: path)
            }
        }

        @Test(
            arguments: [
                "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
                "uint64", "bool",
            ].flatMap { ["little/\($0)", "big/\($0)"] } + ["twelve", "extended"])
        func everyNumberFormatIsRead(_ name: String) throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("channels/formats.h5:/\(name)"))
            let format = String(name.split(separator: "/").last!)
            let expected = try ReferenceValues.doubles("channels/formats_\(format)")
            func bits(_ values: [Double]) -> [UInt64] { values.map { $0.isNaN ? .max : $0.bitPattern } }
            #expect(try bits(values(stamps, 0..<2)) == bits(expected))
        }

        /// As in h5py, they have the fill value.
        @Test func whatWasNeverWrittenIsFilled() throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("channels/unwritten.h5"))
            #expect(try values(stamps, 0..<5) == Array(repeating: 2.5, count: 5 * 144))
        }

        @Test func severalArraysMustBeSelected() throws {
            let path = ReferenceValues.path("channels/several.h5")
            expectFault(.badData, path, saying: "/run/test, /run/train; \(path):/") {
                _ = try StampArray(contentsOf: path)
            }
            expectFault(
                .missingInput, path, saying: "holds nothing called /run/validation; name one of /run/test, /run/train"
            ) {
                _ = try StampArray(contentsOf: "\(path):/run/validation")
            }
            let table = ReferenceValues.path("channels/table.h5")
            expectFault(.badData, table, saying: "/results/table/coadd, /results/table/stamps") {
                _ = try StampArray(contentsOf: "\(table):/results/table")
            }
        }

        /// Links lead to other files, or seem to.
        @Test(arguments: ["soft", "outside"]) func linksAreNotFollowed(_ name: String) throws {
            let path = ReferenceValues.path("channels/several.h5")
            expectFault(.missingInput, path, saying: "holds nothing called /\(name)") {
                _ = try StampArray(contentsOf: "\(path):/\(name)")
            }
        }

        @Test(arguments: [
            ("several.h5:/labels", "has the shape (5,), which is not one of stamps"),
            ("several.h5:/names", "holds no numbers that could be stamps"),
            ("table.h5:/results/table/id", "has the shape (5,)"), ("empty.h5", "holds no stamps"),
            ("elsewhere.h5:/virtual", "lies in other files"), ("elsewhere.h5:/external", "lies in other files"),
            ("lzf.h5", "is packed by filter 32000"), ("claims.h5", "more than so short a file can hold"),
            ("wide_chunks.h5", "in chunks that are far larger"),
        ]) func whatCannotBeReadIsRefused(_ name: String, _ problem: String) throws {
            let path = ReferenceValues.path("channels/\(name)")
            let file = String(path.prefix(while: { $0 != ":" }))
            let fault = #expect(throws: (any Error).self) { _ = try StampArray(contentsOf: path) }
            #expect("\(fault!)".hasPrefix(file) && "\(fault!)".contains(problem))
        }

        @Test func aFileOfAnotherKindIsNamed() throws {
            let folder = try TemporaryFolder()
            let path = try folder.file("stamps.h5", ReferenceValues.bytes("channels/nhwc.npy"))
            expectFault(.badData, path, saying: "is not an HDF5 file") { _ = try StampArray(contentsOf: path) }
            let other = try folder.file("stamps", ReferenceValues.bytes("channels/contiguous.h5"))
            try expectStamps(in: StampArray(contentsOf: other))
        }

        /// Whatever is damaged, it is read as something or refused, and the next file is read.
        @Test(arguments: ["contiguous.h5", "chunked.h5", "table.h5"]) func damagedFilesAreRefused(_ name: String) throws
        {
            let folder = try TemporaryFolder()
            let bytes = try ReferenceValues.bytes("channels/\(name)")
            for length in [8, 100, 600, bytes.count / 2] {
                let path = try folder.file("cut-\(length).h5", Array(bytes.prefix(length)))
                expectFault(.badData, path, saying: "is damaged") { _ = try StampArray(contentsOf: path) }
            }
            for place in stride(from: 9, to: min(bytes.count, 2400), by: 61) {
                var damaged = bytes
                damaged[place] ^= 0xFF
                let path = try folder.file("damaged-\(place).h5", damaged)
                do {
                    let stamps = try StampArray(contentsOf: path)
                    _ = try values(stamps, stamps.count - 1..<stamps.count)
                } catch { #expect("\(error)".hasPrefix(path)) }
            }
            _ = try StampArray(contentsOf: ReferenceValues.path("channels/contiguous.h5"))
        }

        @Test func aPipeIsRead() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            defer { close(ends[0]) }
            let bytes = try ReferenceValues.bytes("channels/contiguous.h5")
            #expect(write(ends[1], bytes, bytes.count) == bytes.count)
            close(ends[1])
            try expectStamps(in: StampArray(contentsOf: "/dev/fd/\(ends[0])"))
        }

        @Test func theyAreFoundByPatternsAndInFolders() throws {
            let folder = try TemporaryFolder()
            let bytes = try ReferenceValues.bytes("channels/contiguous.h5")
            for name in ["a-1.h5", "a-2.h5", "stamps_noise.hdf5"] { _ = try folder.file(name, bytes) }
            let found = try StampFiles.expand([folder.path("a-*.h5:/stamps")])
            #expect(found == [folder.path("a-1.h5:/stamps"), folder.path("a-2.h5:/stamps")])
            #expect(try StampFiles.files(called: "stamps_noise", in: folder.path) == [folder.path("stamps_noise.hdf5")])
            #expect(StampFiles.file(of: "x.HE5:/a:b") == "x.HE5")
        }
    }
#else
    @Suite struct HDF5Tests {
        @Test func aBuildWithoutTheLibrarySaysSo() throws {
            let path = ReferenceValues.path("channels/contiguous.h5")
            expectFault(.usage, path, saying: "this build has no HDF5 support; install libhdf5-dev") {
                _ = try StampArray(contentsOf: path)
            }
        }
    }
#endif
