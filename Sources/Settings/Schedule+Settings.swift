import Faults
import Optimizers

extension SettingOption {
    static let schedule = [
        SettingOption(
            "--schedule", values: { $0.schedule.kind == .constant ? nil : [$0.schedule.kind.rawValue] },
            deciding: { settings in
                let schedule = settings.schedule
                guard schedule != Schedule() else { return nil }
                return "\(schedule)" + (schedule.dependsOnEpochs ? " over \(settings.epochs) epochs" : "")
            }),
        SettingOption(
            "--schedule-factor", values: { $0.schedule.decays ? ["\($0.schedule.factor)"] : nil },
            check: {
                let factor = $0.schedule.factor
                if factor != Schedule().factor { try $0.schedule.checkDecays("--schedule-factor") }
                try Requirement("must be above 0 and up to 1", remedy: "give, for instance, 0.1") { $0 > 0 && $0 <= 1 }
                    .check(factor, of: "--schedule-factor")
            }),
        SettingOption(
            "--schedule-every", values: { $0.schedule.decays ? ["\($0.schedule.every)"] : nil },
            check: {
                let every = $0.schedule.every
                if every != Schedule().every { try $0.schedule.checkDecays("--schedule-every") }
                try Requirement.span.check(every, of: "--schedule-every")
            }),
        SettingOption("--warmup", \.schedule.warmup, must: .span),
        SettingOption(flag: "--scale-learning-rate", \.schedule.scalesWithBatch),
    ]
}

extension Schedule {
    /// Whether a factor multiplies the learning rate again and again.
    fileprivate var decays: Bool { kind == .step || kind == .exponential }

    /// - Throws: `Fault(.usage)` for an option of the kinds that decay when this is another.
    package func checkDecays(_ option: String) throws {
        guard decays else {
            throw Fault(
                .usage, option, "goes with --schedule step or exponential", remedy: "add one of them")
        }
    }
}

extension Requirement where Value == Span {
    fileprivate static var span: Requirement {
        Requirement(
            "is neither steps, epochs nor a share of the run", remedy: "give, for instance, 500steps, 1epoch or 0.05"
        ) { Span($0.description) == $0 }
    }
}

extension Span {
    /// Reads the value of an option.
    ///
    /// - Throws: `Fault(.usage)`.
    package init(_ text: String, option: String) throws {
        guard let span = Span(text) else { throw Requirement.span.fault(of: option, text) }
        self = span
    }
}
