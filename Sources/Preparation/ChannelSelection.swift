import Faults

/// Which channels of stamps are wanted, and in which order, each by its name or its number from 0: `--channels`.
public struct ChannelSelection: Hashable, Sendable, CustomStringConvertible {
    /// As they were asked for: at least one, each once, none of them empty.
    public let channels: [String]

    /// Nil for none, for one that is there twice or has no name.
    public init?(_ channels: [String]) {
        guard !channels.isEmpty, channels.allSatisfy({ !$0.isEmpty }), Set(channels).count == channels.count else {
            return nil
        }
        self.channels = channels
    }

    /// Reads `0,2` or `science,difference`.
    ///
    /// - Throws: `Fault(.usage)` for a text that names no channel, or one twice.
    public init(option text: String) throws {
        let channels = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard channels.allSatisfy({ !$0.isEmpty }) else {
            throw Fault(
                .usage, "--channels \(text)", "has a channel without a name",
                remedy: "give numbers or names with commas between them, such as 0,2")
        }
        guard let selection = ChannelSelection(channels) else {
            throw Fault(.usage, "--channels \(text)", "names a channel twice", remedy: "name each channel once")
        }
        self = selection
    }

    /// As on the command line.
    public var description: String { channels.joined(separator: ",") }

    /// The numbers of the channels among those of stamps that have these names; where files name none, the names are
    /// numbers from 0.
    ///
    /// A selection by names takes the channels of files that name none as they come, if there are as many.
    /// - Throws: `Fault(.usage)` for a channel that there is not, and for one that is named in two ways.
    public func numbers(among names: [String]) throws -> [Int] {
        if names == Self.numbers(below: names.count), channels.count == names.count,
            channels.allSatisfy({ Int($0) == nil })
        {
            return Array(names.indices)
        }
        let numbers = try channels.map { channel in
            if let number = names.firstIndex(of: channel) { return number }
            if let number = Int(channel), names.indices.contains(number) { return number }
            let all = names.enumerated().map { "\($0)" == $1 ? $1 : "\($0) (\($1))" }.joined(separator: ", ")
            throw Fault(
                .usage, "--channels \(self)", "the stamps have no channel \(channel)", remedy: "name some of \(all)")
        }
        guard Set(numbers).count == numbers.count else {
            throw Fault(.usage, "--channels \(self)", "names a channel twice", remedy: "name each channel once")
        }
        return numbers
    }

    /// What channels are called in files that do not name them.
    public static func numbers(below count: Int) -> [String] { (0..<count).map(String.init) }
}

/// As JSON: a list of names and numbers, as texts.
extension ChannelSelection: Codable {
    public init(from decoder: any Decoder) throws {
        guard let selection = ChannelSelection(try decoder.singleValueContainer().decode([String].self)) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no channels"))
        }
        self = selection
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(channels)
    }
}
