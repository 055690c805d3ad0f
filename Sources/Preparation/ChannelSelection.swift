import Faults

/// Channels of a file's stamps, in the order in which a network sees them: `--channels`.
public struct ChannelSelection: Hashable, Sendable {
    /// One channel.
    public enum Channel: Hashable, Sendable {
        /// By its place in the file, from 0.
        case number(Int)
        /// By the name that its file gives it.
        case name(String)
    }

    /// At least one, each once.
    public let channels: [Channel]

    /// Nil for none, for one that is there twice, a negative number or an empty name.
    public init?(_ channels: [Channel]) {
        guard !channels.isEmpty, Set(channels).count == channels.count, channels.allSatisfy(\.isPossible) else {
            return nil
        }
        self.channels = channels
    }

    /// Whether all are told by their names.
    public var isByName: Bool { channels.allSatisfy { if case .name = $0 { true } else { false } } }

    /// Reads the value of `--channels`: numbers from 0, names, or both, separated by commas.
    ///
    /// - Throws: `Fault(.usage)`.
    public init(option text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard let selection = ChannelSelection(parts.map { Int($0).map(Channel.number) ?? .name($0) }) else {
            throw Fault(
                .usage, "--channels \(text)", "must name channels, each once",
                remedy: "give numbers from 0 or names, such as 0,2 or SCI,DIFF")
        }
        self = selection
    }

    /// Where the channels are in files that have `count` of them, and names for all or for none.
    ///
    /// A selection by names alone takes the channels of files without names as they come, if there are as many.
    /// - Throws: `Fault(.usage)` for a channel that is not there.
    public func numbers(among count: Int, named names: [String]?) throws -> [Int] {
        func refused(_ problem: String) -> Fault {
            Fault(
                .usage, "--channels \(self)", problem,
                remedy: names.map { "the files have \($0.joined(separator: ", "))" }
                    ?? "the files have \(count == 1 ? "channel 0 alone" : "channels 0 to \(count - 1), without names")")
        }
        if names == nil, isByName {
            guard channels.count == count else { throw refused("names channels of files that name none") }
            return Array(0..<count)
        }
        let numbers = try channels.map { channel in
            let number: Int?
            switch channel {
            case .number(let given): number = given < count ? given : nil
            case .name(let name): number = names?.firstIndex(of: name)
            }
            guard let number else { throw refused("names the channel \(channel), which is not in the files") }
            return number
        }
        guard Set(numbers).count == numbers.count else { throw refused("names a channel twice") }
        return numbers
    }
}

extension ChannelSelection.Channel: CustomStringConvertible {
    public var description: String {
        switch self {
        case .number(let number): "\(number)"
        case .name(let name): name
        }
    }

    fileprivate var isPossible: Bool {
        switch self {
        case .number(let number): number >= 0
        case .name(let name): !name.isEmpty
        }
    }
}

extension ChannelSelection: CustomStringConvertible {
    /// As on the command line: `0,2`.
    public var description: String { channels.map(\.description).joined(separator: ",") }
}

/// As JSON: a list of numbers and names.
extension ChannelSelection: Codable {
    public init(from decoder: any Decoder) throws {
        guard let selection = ChannelSelection(try decoder.singleValueContainer().decode([Channel].self)) else {
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

extension ChannelSelection.Channel: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .name(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .name(let name): try container.encode(name)
        }
    }
}
