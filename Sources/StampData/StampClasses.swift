import Faults

/// The classes of a data set, in the order of a network's outputs.
public struct StampClasses: Hashable, Sendable {
    /// The most classes that there may be.
    public static let most = 1 << 12
    /// Those of the two kinds of file that the program began with: noise is class 0, a source class 1.
    public static let noiseAndSource = StampClasses(names: ["noise", "source"])

    /// The name of each class; no two are alike.
    public let names: [String]
    /// How many there are.
    public var count: Int { names.count }

    private init(names: [String]) { self.names = names }

    /// - Parameter subject: where the names come from, for messages.
    /// - Throws: `Fault(.usage)` when there are fewer than two, too many, or one is empty or occurs twice.
    public init(_ names: [String], from subject: String) throws {
        guard (2...Self.most).contains(names.count) else {
            throw Fault(
                .usage, subject, "gives \(names.count) classes",
                remedy: names.count < 2 ? "give at least two" : "give at most \(Self.most)")
        }
        if names.contains(where: \.isEmpty) {
            throw Fault(.usage, subject, "has a class without a name", remedy: "give each class a name")
        }
        if let name = Set(names.filter { name in names.count { $0 == name } > 1 }).min() {
            throw Fault(.usage, subject, "names the class \(name) twice", remedy: "give each class a name of its own")
        }
        self.names = names
    }

    /// The names of classes for messages, which do not list more than twenty.
    public static func list(_ names: [String]) -> String {
        names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    }

    /// The key of a class's number in the files of a run.
    func key(_ label: Int) -> String { self == .noiseAndSource && label == 1 ? "sources" : names[label] }
}

extension StampClasses: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode([String].self), from: "class names")
        } catch let fault as Fault {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(fault.problem)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(names)
    }
}

extension StampClasses: CustomStringConvertible {
    /// As on the command line: `star,galaxy,artefact`.
    public var description: String { names.joined(separator: ",") }
}
