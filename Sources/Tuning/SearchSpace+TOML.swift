import Faults
import Files
import TOMLKit

/// ```toml
/// learning-rate = { from = 1e-4, to = 1e-1, scale = "log" }
/// label-smoothing = { from = 0.0, to = 0.2 }
/// patience = { from = 2, to = 10 }
/// optimizer = ["sgd", "adam", "adamw"]
/// dropout = [true, false]
/// ```
extension SearchSpace {
    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: a TOML document.
    ///   - options: those that may be searched, without dashes.
    /// - Throws: `Fault` that names the file and the option at fault.
    public init(contentsOf path: String, options: [String]) throws {
        let bytes = try FileAccess.read(path, most: 1 << 20)
        guard let text = String(validating: bytes, as: UTF8.self), !text.contains("\0") else {
            throw Fault(.badData, path, "is no text in UTF-8", remedy: Self.remedy)
        }
        // An option stands before its values; the parser ends the program at some texts that begin with brackets.
        if let first = text.first(where: { !$0.isWhitespace }), "[{<".contains(first) {
            let found = ForeignFile(beginning: bytes).map { ": it is \($0.name)" } ?? ""
            throw Fault(.badData, path, "is no TOML with an option in each line\(found)", remedy: Self.remedy)
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let reason = error.description.split(whereSeparator: \.isNewline).first ?? "it is no TOML"
            throw Fault(
                .badData, path, "line \(error.source.begin.line), column \(error.source.begin.column): \(reason)",
                remedy: Self.remedy)
        }
        let dimensions = try table.keys.map { option in
            guard options.contains(option) else { throw Self.unknown(option, options, path) }
            guard let value = table[option] else { throw Self.wrong(option, "has no value", path) }
            return Dimension(option: option, values: try Self.values(value, of: option, path))
        }
        guard !dimensions.isEmpty else { throw Fault(.badData, path, "names no option", remedy: Self.remedy) }
        self.init(dimensions)
    }

    private static let remedy =
        "write lines such as learning-rate = { from = 1e-4, to = 1e-1, scale = \"log\" } or optimizer = [\"sgd\", \"adam\"]"

    private static func unknown(_ option: String, _ options: [String], _ path: String) -> Fault {
        let near = NearestWords.of(option, in: options)
        return Fault(
            .badData, path, "\(option) is no option of train that can be searched",
            remedy: near.isEmpty
                ? "name options of train without their dashes" : "did you mean \(near.joined(separator: " or "))?")
    }

    private static func wrong(_ option: String, _ problem: String, _ path: String) -> Fault {
        Fault(.badData, path, "\(option) \(problem)", remedy: remedy)
    }

    private static func values(_ value: any TOMLValueConvertible, of option: String, _ path: String) throws -> Values {
        if let array = value.array { return try choices(array, of: option, path) }
        guard let range = value.table else {
            throw wrong(option, "is neither a list of values nor a range", path)
        }
        for key in range.keys where !["from", "to", "scale"].contains(key) {
            throw wrong(option, "has \(key), which is none of from, to and scale", path)
        }
        let scale = range["scale"]
        guard scale == nil || ["log", "linear"].contains(scale?.string) else {
            throw wrong(option, "has a scale that is neither \"log\" nor \"linear\"", path)
        }
        guard let low = range["from"], let high = range["to"] else {
            throw wrong(option, "is a range without \(range["from"] == nil ? "from" : "to")", path)
        }
        return try self.range(low, high, isLogarithmic: scale?.string == "log", of: option, path)
    }

    private static func choices(_ array: TOMLArray, of option: String, _ path: String) throws -> Values {
        guard !array.isEmpty else { throw wrong(option, "is an empty list", path) }
        var choices: [Choice] = []
        for index in 0..<array.count {
            let value = array[index]
            let choice: Choice
            if let text = value.string {
                choice = .text(text)
            } else if let isOn = value.bool {
                choice = .flag(isOn)
            } else if let number = value.int {
                choice = .text("\(number)")
            } else if let number = value.double {
                choice = .text("\(number)")
            } else {
                throw wrong(option, "has a value that is neither text, number, true nor false", path)
            }
            guard !choices.contains(choice) else { throw wrong(option, "has \(choice) twice", path) }
            choices.append(choice)
        }
        return .choices(choices)
    }

    private static func range(
        _ low: any TOMLValueConvertible, _ high: any TOMLValueConvertible, isLogarithmic: Bool, of option: String,
        _ path: String
    ) throws -> Values {
        let most = 1 << 53
        if let low = low.int, let high = high.int {
            guard low < high else { throw wrong(option, "goes from \(low) to \(high)", path) }
            guard (-most...most).contains(low), (-most...most).contains(high) else {
                throw wrong(option, "has numbers beyond 2^53", path)
            }
            guard !isLogarithmic || low > 0 else {
                throw wrong(option, "has a logarithmic scale that begins at \(low)", path)
            }
            return .integers(from: low, to: high, isLogarithmic: isLogarithmic)
        }
        guard let low = low.double ?? low.int.map(Double.init), let high = high.double ?? high.int.map(Double.init),
            low.isFinite, high.isFinite
        else { throw wrong(option, "has a range whose ends are no numbers", path) }
        guard low < high, (high - low).isFinite else { throw wrong(option, "goes from \(low) to \(high)", path) }
        guard !isLogarithmic || low > 0 else {
            throw wrong(option, "has a logarithmic scale that begins at \(low)", path)
        }
        return .numbers(from: low, to: high, isLogarithmic: isLogarithmic)
    }
}
