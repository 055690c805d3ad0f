import Communication
import Files
import FoundationEssentials
import Settings

/// When a run was begun, and where it runs.
struct RunOrigin {
    /// In UTC as ISO 8601 writes it; of a resumed run the time when its first part was begun.
    let began: String
    /// The names of the ranks' machines, each once, in the order of the ranks.
    let hosts: [String]

    static var now: String { Date().ISO8601Format() }

    /// Collective.
    init(_ loaded: LoadedRun) throws {
        let group = loaded.context.group
        var hosts: [String] = []
        for host in try group.allGather(text: group.hostName) where !hosts.contains(host) { hosts.append(host) }
        self.hosts = hosts
        let earlier =
            loaded.context.configuration.execution.resume
            ? loaded.prepared.folder.flatMap {
                try? JSONFile.read(ConfigurationRecord.self, from: $0.configuration).began
            } : nil
        began = earlier ?? Self.now
    }
}
