import FoundationEssentials
import StampFormats
import TestSupport
import Testing

@Suite struct ChannelTests {
    @Test(arguments: ["nhwc.npy", "nhwc_fortran.npy"]) func theLastAxisHoldsTheChannels(_ file: String) throws {
        try expectStamps(in: StampArray(contentsOf: ReferenceValues.path("channels/\(file)")))
        try expectStamps(in: StampArray(contentsOf: ReferenceValues.path("channels/\(file)"), layout: .nhwc))
    }

    @Test(arguments: ["nchw.npy", "nchw_fortran.npy", "nchw.npz"])
    func theFirstAxisHoldsTheChannelsIfThatIsSaid(_ file: String) throws {
        try expectStamps(in: StampArray(contentsOf: ReferenceValues.path("channels/\(file)"), layout: .nchw))
    }

    @Test(arguments: [StampLayout.nhwc, nil]) func anotherLayoutThanIsSaidIsRefused(_ layout: StampLayout?) throws {
        let path = ReferenceValues.path("channels/nchw.npy")
        expectFault(
            .badData, path,
            saying: "3 channels of 8×6 (nchw) rather than 6 channels of 3×8 (nhwc); say so with --layout nchw"
        ) { _ = try StampArray(contentsOf: path, layout: layout) }
        let other = ReferenceValues.path("channels/nhwc.npy")
        expectFault(.badData, other, saying: "say so with --layout nhwc") {
            _ = try StampArray(contentsOf: other, layout: .nchw)
        }
    }

    /// (N, first, second, third): by what nobody would confuse.
    @Test(arguments: [
        ([4, 63, 63, 3], [63, 63, 3]), ([4, 4, 4, 3], [4, 4, 3]), ([4, 20, 30, 5], [20, 30, 5]),
        ([4, 63, 63, 1], [63, 63, 1]), ([4, 1, 2, 1], [1, 2, 1]), ([4, 30, 30, 29], [30, 30, 29]),
    ]) func aClearShapeNeedsNoLayout(_ shape: [Int], _ size: [Int]) throws {
        try withArray(of: shape) { path in
            let stamps = try StampArray(contentsOf: path)
            #expect([stamps.height, stamps.width, stamps.channels] == size && stamps.count == 4)
            #expect(stamps.valuesPerStamp == size.reduce(1, *))
        }
    }

    @Test(arguments: [[2, 3, 3, 3], [2, 3, 21, 3], [2, 4, 21, 3], [2, 2, 2, 3], [2, 15, 15, 200], [2, 5, 6, 4]])
    func aShapeThatMayBeEitherIsRefused(_ shape: [Int]) throws {
        try withArray(of: shape) { path in
            expectFault(
                .badData, path,
                saying:
                    """
                    may be \(shape[3]) channels of \(shape[1])×\(shape[2]) or \(shape[1]) channels of \
                    \(shape[2])×\(shape[3]); say which with --layout nhwc or --layout nchw
                    """
            ) { _ = try StampArray(contentsOf: path) }
            let read = try [.nhwc, .nchw].map { try StampArray(contentsOf: path, layout: $0).channels }
            #expect(read == [shape[3], shape[1]])
        }
    }

    /// No length is too much for the arithmetic of a shape.
    @Test func absurdLengthsAreRefused() throws {
        let folder = try TemporaryFolder()
        let shape = "(0, \(Int.max), \(Int.max), \(Int.max - 1))"
        let path = try folder.file("a.npy", npy("{'descr': '|u1', 'fortran_order': False, 'shape': \(shape), }"))
        for layout in [nil] + StampLayout.allCases {
            expectFault(.badData, path, saying: "shape") { _ = try StampArray(contentsOf: path, layout: layout) }
        }
    }

    @Test func aSquareIsReadAsIsSaid() throws {
        try withArray(of: [9, 9]) { path in
            let one = try StampArray(contentsOf: path, layout: .stamp)
            #expect(one.count == 1 && one.height == 9)
            let flat = try StampArray(contentsOf: path, layout: .flat)
            #expect(flat.count == 9 && flat.height == 3 && flat.width == 3)
            expectFault(.badData, path, saying: "say which with --layout stamp or --layout flat") {
                _ = try StampArray(contentsOf: path, layout: .nchw)
            }
        }
        try withArray(of: [21, 21]) { path in
            expectFault(.badData, path, saying: "not one of stamps") {
                _ = try StampArray(contentsOf: path, layout: .flat)
            }
        }
        try withArray(of: [1, 1]) { path in
            let count = try StampArray(contentsOf: path, layout: .flat).count
            #expect(count == 1)
        }
    }

    /// Other files of the same stamps decide, wherever they stand.
    @Test func aFileOfTheSameClassSettlesASquare() throws {
        try withArray(of: [9, 9]) { square in
            try withArray(of: [4, 3, 3]) { small in
                let counts = try StampArray.open([square, small, square]).map(\.count)
                #expect(counts == [9, 4, 9])
            }
            try withArray(of: [4, 9, 9]) { large in
                let counts = try StampArray.open([square, large]).map(\.count)
                #expect(counts == [1, 4])
            }
            try withArray(of: [4, 5, 5]) { other in
                expectFault(.badData, square, saying: "may be one stamp of 9×9 or 9 of 3×3") {
                    _ = try StampArray.open([other, square])
                }
            }
            expectFault(.badData, square, saying: "may be one stamp") { _ = try StampArray.open([square, square]) }
        }
    }

    @Test(arguments: ["nhwc", "nchw", "nhwc_fortran", "nchw_fortran"]) func everyRangeEqualsItsStamps(
        _ name: String
    ) throws {
        let path = ReferenceValues.path("channels/\(name).npy")
        try expectRanges(of: StampArray(contentsOf: path, layout: name.hasPrefix("nchw") ? .nchw : nil))
    }

    // MARK: Channels of several files

    private static let channels = ["sci", "ref", "diff"].map { name in
        StampSource.Channel(
            name: name, files: (0..<2).map { ReferenceValues.path("channels/\(name)-\($0).npy") })
    }

    /// Each is cut elsewhere.
    @Test func listsOfFilesAreChannels() throws {
        let source = StampSource(channels: Self.channels)
        let files = try source.open()
        #expect(files.map(\.path) == source.files && files.map(\.count) == [1, 4])
        for file in files {
            #expect(file.channelNames == ["sci", "ref", "diff"] && file.channels == 3)
            try expectRanges(of: file)
            try expectDescribed(file)
        }
        #expect(try files.flatMap { try values($0, 0..<$0.count) } == ReferenceValues.doubles("channels/stamps"))
        #expect(source.allFiles.count == 6)
        try files[1].willReadStamp(3)
    }

    @Test func patternsOfChannelsAreExpanded() throws {
        let channels = Self.channels.map {
            StampSource.Channel(name: $0.name, files: [ReferenceValues.path("channels/\($0.name)-?.npy")])
        }
        #expect(try StampSource(channels: channels).expanded() == StampSource(channels: Self.channels))
        let pattern = ReferenceValues.path("channels/sci-?.npy")
        #expect(try StampSource([pattern], layout: .flat).expanded().files == Self.channels[0].files)
    }

    @Test func channelsOfOtherStampsAreRefused() throws {
        var channels = Self.channels
        channels[2].files.removeLast()
        expectFault(
            .badData, "--channel diff", saying: "has 3 stamps, and the channel sci has 5; give the same stamps"
        ) { _ = try StampSource(channels: channels).open() }
        channels[2].files = [ReferenceValues.path("channels/nhwc.npy")]
        expectFault(.badData, channels[2].files[0], saying: "has 3 channels, and is to be the channel diff") {
            _ = try StampSource(channels: channels).open()
        }
        try withArray(of: [5, 6, 8]) { path in
            channels[2].files = [path]
            expectFault(.badData, path, saying: "its stamps are 6×8") {
                _ = try StampSource(channels: channels).open()
            }
        }
    }

    /// What a process that has the description and the bytes in memory reads.
    @Test func describedStampsAreTheSame() throws {
        for (file, layout) in [("nhwc.npy", nil), ("nchw.npy", .nchw), ("nchw.npz", StampLayout.nchw)] {
            try expectDescribed(StampArray(contentsOf: ReferenceValues.path("channels/\(file)"), layout: layout))
        }
    }

    private func withArray(of shape: [Int], _ body: (String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        let text = shape.map(String.init).joined(separator: ", ")
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(text)), }"
        try body(folder.file("a.npy", npy(header, data: shape.reduce(1, *))))
    }
}

#if FITS
    extension ChannelTests {
        @Test(arguments: [
            "cubes.fits:SCI,REF,DIFF", "stamp_by_stamp.fits:sci,ref,diff", "numbered.fits:SCI_*,REF_?,DIFF*",
            "packed.fits:SCI,REF,DIFF", "cubes.fits:1,2,3",
        ]) func kindsOfImagesAreChannels(_ name: String) throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("channels/\(name)"))
            try expectStamps(in: stamps)
            let isOneName = !name.contains("numbered")
            #expect(stamps.channelNames == (isOneName ? ["SCI", "REF", "DIFF"] : ["SCI_*", "REF_?", "DIFF*"]))
            try expectRanges(of: stamps)
            try expectDescribed(stamps)
            try stamps.willReadStamp(4)
        }

        @Test func channelsComeInTheOrderOfTheirNames() throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("channels/cubes.fits:DIFF,SCI"))
            let all = try ReferenceValues.doubles("channels/stamps")
            let expected = (0..<240).flatMap { [all[3 * $0 + 2], all[3 * $0]] }
            #expect(try values(stamps, 0..<5) == expected && stamps.channelNames == ["DIFF", "SCI"])
        }

        @Test func oneKindHasNoNameOfAChannel() throws {
            let stamps = try StampArray(contentsOf: ReferenceValues.path("channels/cubes.fits:REF"))
            #expect(stamps.channels == 1 && stamps.channelNames == nil)
        }

        @Test func kindsThatDoNotGoTogetherAreRefused() throws {
            let path = ReferenceValues.path("channels/uneven.fits")
            expectFault(.badData, path, saying: "holds 5 stamps called SCI and 4 called DIFF") {
                _ = try StampArray(contentsOf: "\(path):SCI,REF,DIFF")
            }
            expectFault(.badData, path, saying: "are 8×7, those of HDU 1 (SCI) are 8×6") {
                _ = try StampArray(contentsOf: "\(path):SCI,WIDE")
            }
            expectFault(.missingInput, path, saying: "holds no image called MASK; name one of HDU 1 (SCI)") {
                _ = try StampArray(contentsOf: "\(path):SCI,MASK")
            }
            expectFault(.usage, "\(path):SCI,sci", saying: "makes two channels of the same images") {
                _ = try StampArray(contentsOf: "\(path):SCI,sci")
            }
        }
    }
#endif

/// The reference stamps, (5, 8, 6, 3).
func expectStamps(in stamps: StampArray, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(
        [stamps.count, stamps.height, stamps.width, stamps.channels] == [5, 8, 6, 3], sourceLocation: sourceLocation)
    let expected = try ReferenceValues.doubles("channels/stamps")
    #expect(try values(stamps, 0..<5) == expected, sourceLocation: sourceLocation)
}

func values(_ stamps: StampArray, _ range: Range<Int>) throws -> [Double] {
    let count = range.count * stamps.valuesPerStamp
    return try [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
        if let base = buffer.baseAddress { try stamps.copyStamps(range, into: base) }
        initialized = count
    }
}

func expectRanges(of stamps: StampArray, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (all, size) = (try values(stamps, 0..<stamps.count), stamps.valuesPerStamp)
    for start in 0..<stamps.count {
        for end in start...stamps.count {
            #expect(
                try values(stamps, start..<end) == Array(all[start * size..<end * size]),
                sourceLocation: sourceLocation)
        }
    }
}

/// What a process that has the description and the bytes in memory reads.
func expectDescribed(_ stamps: StampArray, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let described = try StampArray(
        JSONDecoder().decode(StampArray.Description.self, from: JSONEncoder().encode(stamps.description)))
    #expect(described.unfilledBlocks.isEmpty == (stamps.residentByteCount == 0), sourceLocation: sourceLocation)
    for (empty, bytes) in zip(described.unfilledBlocks, stamps.unfilledBlocks) {
        empty.copyMemory(from: UnsafeRawBufferPointer(bytes))
    }
    #expect(described.channelNames == stamps.channelNames && described.path == stamps.path)
    #expect(
        try values(described, 0..<stamps.count) == values(stamps, 0..<stamps.count), sourceLocation: sourceLocation)
}
