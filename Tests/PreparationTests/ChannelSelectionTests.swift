import Faults
import Preparation
import TestSupport
import Testing

@Suite struct ChannelSelectionTests {
    private static let names = ["science", "reference", "2"]

    @Test(arguments: [
        ("0,2", [0, 2]), ("2,0", [2, 0]), ("reference", [1]), ("reference,science", [1, 0]),
        ("1,science,2", [1, 0, 2]),
    ]) func channelsAreNumbersOrNames(_ text: String, _ numbers: [Int]) throws {
        let selection = try ChannelSelection(option: text)
        #expect(try selection.numbers(among: Self.names) == numbers && selection.description == text)
    }

    /// A name that is a number is a name.
    @Test func namesComeFirst() throws {
        #expect(try ChannelSelection(option: "1,0").numbers(among: ["1", "0"]) == [0, 1])
    }

    @Test(arguments: ["", "0,", ",", "1,1", "science,science"]) func otherTextsAreRefused(_ text: String) {
        expectFault(.usage, "--channels \(text)", saying: "channel") { _ = try ChannelSelection(option: text) }
    }

    @Test func channelsThatAreNotThereAreRefused() {
        expectFault(
            .usage, "--channels 0,difference",
            saying: "have no channel difference; name some of 0 (science), 1 (reference), 2"
        ) { _ = try ChannelSelection(option: "0,difference").numbers(among: Self.names) }
        for text in ["3", "-1"] {
            expectFault(.usage, "--channels \(text)", saying: "have no channel \(text)") {
                _ = try ChannelSelection(option: text).numbers(among: Self.names)
            }
        }
        expectFault(.usage, "--channels 0,science", saying: "names a channel twice") {
            _ = try ChannelSelection(option: "0,science").numbers(among: Self.names)
        }
    }

    /// A selection by names says in which order the channels of files without names are to be.
    @Test func filesWithoutNamesAreTakenAsTheyCome() throws {
        let selection = try ChannelSelection(option: "difference,science")
        #expect(try selection.numbers(among: ["0", "1"]) == [0, 1])
        expectFault(.usage, "--channels difference,science", saying: "have no channel difference") {
            _ = try selection.numbers(among: ["0", "1", "2"])
        }
        #expect(try ChannelSelection(option: "1,0").numbers(among: ["0", "1"]) == [1, 0])
    }
}
