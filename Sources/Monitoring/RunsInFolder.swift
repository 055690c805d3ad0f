import Faults
import Files
import RunRecords

/// The runs that a folder holds: itself, or those of an ensemble, a cross-validation, a search, or any that lie side by
/// side.
public enum RunsInFolder {
    /// How deep runs may lie: `search/trials/trial-1`.
    private static let depth = 2

    /// - Throws: `Fault(.missingInput)` for a folder that is not there or holds no run.
    public static func find(_ path: String) throws -> [RunFolder] {
        try FileAccess.requireReachable("\(path)/config.json")
        guard FileAccess.exists(path) else {
            throw Fault(.missingInput, path, "does not exist", remedy: "name the folder of a run")
        }
        let found = runs(RunFolder(path).path, depth)
        guard !found.isEmpty else {
            throw Fault(
                .missingInput, path, "holds no run", remedy: "name the folder that train was told with --output")
        }
        return found
    }

    private static func runs(_ path: String, _ depth: Int) -> [RunFolder] {
        let run = RunFolder(path)
        if run.traceOfARun != nil { return [run] }
        let within = runsWithin(path, depth)
        // A search holds its folder, too; a run that holds one and has nothing in it yet is about to begin.
        return within.isEmpty && RunLock.owner(ofFolder: path) != nil ? [run] : within
    }

    private static func runsWithin(_ path: String, _ depth: Int) -> [RunFolder] {
        guard depth > 0, FileAccess.isFolder(path), let names = try? FileAccess.names(in: path) else { return [] }
        return names.filter { !$0.hasPrefix(".") }.sorted { NaturalOrder.areInOrder($0, $1) }.map { "\(path)/\($0)" }
            .filter(FileAccess.isFolder).flatMap { runs($0, depth - 1) }
    }
}

/// `member-9` before `member-10`.
enum NaturalOrder {
    static func areInOrder(_ a: String, _ b: String) -> Bool {
        let (a, b) = (key(a), key(b))
        return (a.name, a.number, a.text) < (b.name, b.number, b.text)
    }

    private static func key(_ text: String) -> (name: String, number: Int, text: String) {
        let digits = String(text.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
        return (String(text.dropLast(digits.count)), Int(digits) ?? -1, text)
    }
}
