import Communication
import Faults
import Files
import FoundationEssentials
import Settings

extension ProcessGroup {
    /// Refuses a run whose ranks were started with different settings: each would train another network, or wait for
    /// messages that never come. Collective.
    ///
    /// - Throws: `AgreedFault` that names the first setting which differs.
    func requireSame(_ settings: TrainingSettings, members: Int = 1) throws {
        var texts = try settings.common()
        texts["--members"] = "\(members)"
        try requireSame(texts)
    }

    /// The same of any texts, by the name of their option.
    package func requireSame(_ texts: [String: String]) throws {
        guard size > 1 else { return }
        // Equal ones have equal lines.
        let all = try allGather(text: JSONFile.line(of: texts))
        let hosts = try allGather(text: hostName)
        guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
        let (expected, found) = (Self.texts(all[0]), Self.texts(all[other]))
        let option = Set(expected.keys).union(found.keys).sorted().first { expected[$0] != found[$0] } ?? "settings"
        throw AgreedFault(
            fault: Fault(
                .usage, option,
                "rank \(other) on \(hosts[other]) was started with \(found[option] ?? "none"), rank 0 with "
                    + "\(expected[option] ?? "none")",
                remedy: "start all ranks with the same command line"))
    }

    private static func texts(_ line: String) -> [String: String] {
        (try? JSONFile.decoder.decode([String: String].self, from: Data(line.utf8))) ?? [:]
    }
}
