import Faults

/// Which channels of stamps are wanted, and in which order, each by its name or its number from 0.
public struct ChannelSelection: Hashable, Codable, Sendable, CustomStringConvertible {
    /// As they were asked for.
    public let channels: [String]

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
        guard Set(channels).count == channels.count else {
            throw Fault(.usage, "--channels \(text)", "names a channel twice", remedy: "name each channel once")
        }
        self.channels = channels
    }

    public var description: String { channels.joined(separator: ",") }

    /// The numbers of the channels among those of stamps that have these names.
    ///
    /// - Throws: `Fault(.usage)` for a channel that there is not, and for one that is named in two ways.
    public func numbers(among names: [String]) throws -> [Int] {
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
}
