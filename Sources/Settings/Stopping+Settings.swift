import Faults
import Optimizers

extension SettingOption {
    static let stopping = [
        SettingOption(
            "--early-stopping", values: { $0.stopping.early.map { [$0.metric.rawValue] } },
            deciding: { $0.stopping.early.map { "\($0.metric.rawValue) \($0.patience) \($0.minimumDelta)" } }),
        SettingOption("--patience", \.stopping.early?.patience, must: .count),
        SettingOption(
            "--min-delta", \.stopping.early?.minimumDelta,
            must: Requirement("must be 0 or a positive number", remedy: "give, for instance, 0.001") {
                $0 >= 0 && $0.isFinite
            }),
        SettingOption(
            "--reduce-on-plateau", values: { $0.stopping.plateau.map { [$0.option] } },
            deciding: { $0.stopping.plateau.map { "\($0.option) of \($0.metric.rawValue)" } },
            check: {
                if let plateau = $0.stopping.plateau, !plateau.isRight { throw Stopping.Plateau.fault(plateau.option) }
            }),
    ]
}

extension Stopping.Plateau {
    /// Reads the value of `--reduce-on-plateau`: `factor,epochs`.
    ///
    /// - Throws: `Fault(.usage)`.
    package init(option text: String, metric: Stopping.Metric) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let factor = Double(parts[0]), let patience = Int(parts[1]) else {
            throw Self.fault(text)
        }
        self.init(metric: metric, factor: factor, patience: patience)
        guard isRight else { throw Self.fault(text) }
    }

    fileprivate var option: String { "\(factor),\(patience)" }

    fileprivate var isRight: Bool { factor > 0 && factor < 1 && (1...1 << 30).contains(patience) }

    fileprivate static func fault(_ text: String) -> Fault {
        Fault(
            .usage, "--reduce-on-plateau \(text)", "is not a factor below 1 and a number of epochs",
            remedy: "give, for instance, 0.5,3")
    }
}
