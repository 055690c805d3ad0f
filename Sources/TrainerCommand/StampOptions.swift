import ArgumentParser
import Faults
import Files
import Preparation
import StampFormats

/// How arrays of stamps are laid out, where their shapes leave that open.
struct LayoutOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            What axes mean where a shape leaves it open: nhwc (channels last) or nchw of four; of two equal ones, stamp \
            or flat.
            """,
            valueName: "name"))
    var layout: StampLayout?
}

/// Stamps whose channels have files of their own, in place of a list of files; and how arrays are laid out.
struct StampOptions: ParsableArguments {
    @OptionGroup var layoutOption: LayoutOption

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Files or quoted patterns of one channel, read as one long array; repeatable, in the order of the channels.",
            valueName: "name=file"))
    var channel: [String] = []

    var layout: StampLayout? { layoutOption.layout }

    /// The stamps in these files, or those of `--channel`, with patterns replaced by what matches them.
    ///
    /// - Parameter option: that which names the files.
    /// - Throws: `Fault(.usage)` when both or neither name files.
    func source(_ files: [String], option: String) throws -> StampSource {
        try Self.source(files, channel: channel, layout: layout, options: (option, "--channel"))
    }

    /// The same of words that were given to two options.
    static func source(
        _ files: [String], channel: [String], layout: StampLayout?, options: (files: String, channel: String)
    ) throws -> StampSource {
        guard !channel.isEmpty else {
            guard !files.isEmpty else {
                throw Fault(
                    .usage, options.files, "is missing",
                    remedy: "name files of stamps with it, or those of each channel with \(options.channel)")
            }
            return try StampSource(files, layout: layout).expanded()
        }
        guard files.isEmpty else {
            throw Fault(.usage, options.channel, "does not go with \(options.files)", remedy: "leave one out")
        }
        let channels = try NamedFiles.parse(channel, option: options.channel)
        return try StampSource(
            channels: channels.map { StampSource.Channel(name: $0.name, files: $0.files) }, layout: layout
        ).expanded()
    }
}

/// Which channels of the stamps a model sees.
struct ChannelsOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("Channels that the network sees, by number or name. (default: all)", valueName: "a,b,…"))
    var channels: String?

    /// - Throws: a fault for a value that makes no sense.
    func selection() throws -> ChannelSelection? { try channels.map { try ChannelSelection(option: $0) } }
}

/// `NAME=FILE FILE … NAME=FILE …`: lists of files with names.
enum NamedFiles {
    /// The lists in their order. A word begins one if it has the form `NAME=FILE` and is not itself the name of a file.
    ///
    /// - Throws: `Fault(.usage)` for words that do not begin with a name, and for a name that comes twice.
    static func parse(_ words: [String], option: String) throws -> [(name: String, files: [String])] {
        var lists: [(name: String, files: [String])] = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isNamed = parts.count == 2 && !parts[0].contains("/") && !FileAccess.exists(word)
            if isNamed {
                let (name, file) = (String(parts[0]), String(parts[1]))
                guard !name.isEmpty, !file.isEmpty else {
                    throw Fault(
                        .usage, "\(option) \(word)", "has no \(name.isEmpty ? "name" : "file")",
                        remedy: "give \(option) NAME=FILE")
                }
                guard lists.allSatisfy({ $0.name != name }) else {
                    throw Fault(
                        .usage, "\(option) \(word)", "gives \(name) a second time",
                        remedy: "name its files one after another: \(option) \(name)=FILE FILE")
                }
                lists.append((name, [file]))
            } else if lists.isEmpty {
                throw Fault(
                    .usage, "\(option) \(word)", "has no name", remedy: "give \(option) NAME=FILE")
            } else {
                lists[lists.count - 1].files.append(word)
            }
        }
        return lists
    }
}

extension StampLayout: ExpressibleByArgument {}
