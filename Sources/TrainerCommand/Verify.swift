import ArgumentParser
import CKernels
import Communication
import Faults
import Files
import FoundationEssentials
import Logging

/// `swift-run-trainer verify`
struct Verify: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that this machine computes the bits that it should.",
        discussion: """
            Trains a small network on simulated stamps, in a temporary folder and about a second, and compares the hash \
            of its parameters with the one that every processor with fused multiply-add comes to. Under mpirun each rank \
            does so by itself: a node that computes otherwise is named.
            """)

    static let examples = [
        "swift-run-trainer verify",
        "mpirun -n 4 swift-run-trainer verify --threads 1",
    ]

    /// The last line of the run's `hashes.csv`. Changes that move bits update it, with those of `Tests/Golden`.
    static let expected = "2,6,54939fd6"

    @OptionGroup var threads: ThreadsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        _ = try group.agree { try threads.checked() }
        let found = try group.agree { try trainedHash(environment, logger) }
        let loops = String(cString: vector_kernel_type())
        let all = try group.allGather(text: "\(group.hostName) \(loops) \(found)")
            .map { $0.split(separator: " ", maxSplits: 2) }
        if let rank = all.firstIndex(where: { $0[2] != Self.expected }) {
            let reason =
                all[rank][1] == "plain"
                ? "its processor has no fused multiply-add" : "its processor, or the program's build, is faulty"
            throw AgreedFault(
                fault: Fault(
                    .internalFault, "verify",
                    "rank \(rank) on \(all[rank][0]) computes \(all[rank][2]), not \(Self.expected): \(reason)",
                    remedy: "do not mix its results with those of other machines"))
        }
        try group.agree {
            guard group.rank == 0, !verbosity.quiet else { return }
            try StandardOutput.print(
                note: "\(loops): the bits are as they should be (\(Self.expected))\n")
        }
    }

    /// What a rank computes by itself.
    private func trainedHash(_ environment: [String: String], _ logger: Logger) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "verify-\(UUID().uuidString)").path(
            percentEncoded: false)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (data, run) = ("\(folder)/data", "\(folder)/run")
        let alone = SingleProcess()
        let commands: [any GroupCommand] = [
            try Simulate.parse(["--output", data] + "--sources 64 --noise 64 --seed 1 --quiet".words),
            try Train.parse(
                ["--data", data, "--output", run]
                    + "--recipe notebook --model vgg6 --epochs 2 --batch-size 32 --no-report --no-tensorboard --quiet"
                    .words
                    + (threads.threads.map { ["--threads", "\($0)"] } ?? [])),
        ]
        var quiet = logger
        quiet.logLevel = .error
        for command in commands { try command.run(in: alone, environment: environment, logger: quiet) }
        let hashes = try String(contentsOfFile: "\(run)/hashes.csv", encoding: .utf8)
        return hashes.split(whereSeparator: \.isNewline).last.map(String.init) ?? "nothing"
    }
}

extension String {
    fileprivate var words: [String] { split(separator: " ").map(String.init) }
}
