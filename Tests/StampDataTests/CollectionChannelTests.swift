import Faults
import FoundationEssentials
import StampData
import StampFormats
import TestSupport
import Testing

@Suite struct CollectionChannelTests {
    private static func path(_ name: String) -> String { ReferenceValues.path("channels/\(name)") }

    private static func source(_ names: [String]) -> StampSource {
        StampSource(
            channels: names.map { name in
                StampSource.Channel(name: name, files: (0..<2).map { path("\(name)-\($0).npy") })
            })
    }

    @Test func channelsHaveNumbersOrTheirNames() throws {
        let numbered = try StampCollection(unlabelled: [Self.path("nhwc.npy")])
        #expect((numbered.channels, numbered.values) == (3, 144) && numbered.channelNames == ["0", "1", "2"])
        #expect(numbered.summary == "5 stamps of 8×6, 3 channels (0, 1, 2)")
        let named = try StampCollection(unlabelled: Self.source(["sci", "ref"]))
        #expect(named.summary == "5 stamps of 8×6, 2 channels (sci, ref)")
        let single = try StampCollection(unlabelled: [Self.path("sci-0.npy")])
        #expect(single.summary == "1 stamp of 8×6" && single.channelNames == ["0"])
    }

    /// Over both files of each channel.
    @Test func stampsAreThoseOfAllChannels() throws {
        let stamps = try StampCollection(
            noise: Self.source(["sci", "ref", "diff"]).open(), sources: StampArray.open([Self.path("nhwc.npy")]))
        var values = [Double](repeating: .nan, count: 10 * stamps.values)
        try stamps.copyStamps(0..<10, into: &values)
        let expected = try ReferenceValues.doubles("channels/stamps")
        #expect(values == expected + expected && stamps.channelNames == ["sci", "ref", "diff"])
        #expect(stamps.location(3).path == Self.path("sci-1.npy") && stamps.location(3).index == 2)
        for stamp in 0..<10 { try stamps.willRead(stamp) }
    }

    /// Where rank 0 has opened them.
    @Test func aDescribedCollectionIsTheSame() throws {
        let stamps = try StampCollection(
            noise: Self.source(["sci", "ref", "diff"]).open(),
            sources: StampArray.open([Self.path("nchw.npz")], layout: .nchw))
        let described = try StampCollection(
            JSONDecoder().decode(StampCollection.Description.self, from: JSONEncoder().encode(stamps.description)))
        var blocks: [[UInt8]] = []
        stamps.forEachUnfilledBlock { blocks.append(Array($0)) }
        described.forEachUnfilledBlock { $0.copyBytes(from: blocks.removeFirst()) }
        #expect(described.channelNames == stamps.channelNames && blocks.isEmpty)
        #expect(try DataFingerprint(described) == DataFingerprint(stamps))
        #expect(
            try DataFingerprint(StampCollection(noise: [Self.path("nhwc.npy")], sources: [Self.path("nhwc.npy")]))
                == DataFingerprint(stamps))
    }

    @Test func filesOfOtherChannelsAreRefused() throws {
        let three = Self.path("nhwc.npy"), one = Self.path("sci-0.npy")
        expectFault(.badData, one, saying: "its stamps have 1 channel, those of \(three) 3 channels; give files with") {
            _ = try StampCollection(noise: [three], sources: [one])
        }
        expectFault(
            .badData, Self.path("ref-0.npy"),
            saying: "its channels are called ref, sci, those of \(one) sci, ref; give the channels the same names"
        ) {
            _ = try StampCollection(
                noise: Self.source(["sci", "ref"]).open(), sources: Self.source(["ref", "sci"]).open())
        }
    }
}
