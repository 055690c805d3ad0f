/// The program that started this process together with others, recognised by its environment variables.
public struct Launcher: Hashable, Sendable {
    /// The launcher's usual name, for messages.
    public let name: String
    /// The number of processes it started, if it says so.
    public let size: Int?
    /// This process's number, if it says so.
    public let rank: Int?
    /// The environment variable that it is known by.
    public let variable: String
    /// Its kind, which decides what MPI libraries it may belong to.
    let family: LauncherFamily

    init(name: String, size: Int?, rank: Int?, variable: String, family: LauncherFamily) {
        self.name = name
        self.size = size
        self.rank = rank
        self.variable = variable
        self.family = family
    }

    /// The launcher that `environment` reveals, or nil when the process was started on its own.
    public init?(environment: [String: String]) {
        for recognise in Self.recognisers {
            guard let launcher = recognise(environment) else { continue }
            self = launcher
            return
        }
        return nil
    }
}
