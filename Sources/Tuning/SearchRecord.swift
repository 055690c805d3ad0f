import Faults
import Files
import Optimizers

/// What a search is about: `search.json`, written when it begins.
public struct SearchRecord: Codable, Hashable, Sendable {
    public var space: SearchSpace
    public var plan: HalvingPlan
    public var metric: Stopping.Metric
    public var seed: UInt64
    /// The options that all trials have alike, word by word.
    public var settings: [String]
    /// The values of each trial.
    public var trials: [TrialValues]

    /// - Parameter settings: the options that all trials have alike.
    public init(space: SearchSpace, plan: HalvingPlan, metric: Stopping.Metric, seed: UInt64, settings: [String]) {
        (self.space, self.plan, self.metric, self.seed, self.settings) = (space, plan, metric, seed, settings)
        trials = (1...plan.rungs[0].trials).map { space.values(seed: seed, trial: $0) }
    }

    /// Refuses to go on with a search that is another one.
    ///
    /// - Parameter path: where `earlier` is from.
    /// - Throws: `Fault(.usage)` that says what differs.
    public func refuse(_ earlier: SearchRecord, at path: String) throws(Fault) {
        let differing = [
            ("--space", space != earlier.space || trials != earlier.trials), ("--metric", metric != earlier.metric),
            ("--seed", seed != earlier.seed),
            ("--trials, --epochs, --reduction or --least-epochs", plan != earlier.plan),
            (Self.difference(settings, earlier.settings), settings != earlier.settings),
        ].filter(\.1).map(\.0)
        guard !differing.isEmpty else { return }
        throw Fault(
            .usage, "--resume", "\(path) was begun with another \(differing[0])",
            remedy: "repeat its settings, or choose a new --output")
    }

    /// The first option that differs.
    private static func difference(_ now: [String], _ before: [String]) -> String {
        let index = zip(now, before).enumerated().first { $1.0 != $1.1 }?.offset ?? min(now.count, before.count)
        let words = now.count > before.count ? now : before
        guard index < words.count else { return "setting" }
        return words[...index].last { $0.hasPrefix("--") } ?? words[index]
    }
}
