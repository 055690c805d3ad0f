import Models

/// One option of `train` as settings know it: the words that ask for a value, whether the value is right, and whether a
/// run that goes on must have the same.
package struct SettingOption: Sendable {
    /// With its dashes.
    package let name: String
    /// What follows the name on the command line that makes a run again; nil where the option is left out.
    let values: @Sendable (TrainingSettings) -> [String]?
    /// What `--resume` compares; nil for what does not decide the result, and for what is not asked for: a run that was
    /// begun before there was such an option goes on.
    let deciding: @Sendable (TrainingSettings) -> String?
    /// Throws `Fault(.usage)` for a wrong value.
    let check: @Sendable (TrainingSettings) throws -> Void

    init(
        _ name: String, values: @escaping @Sendable (TrainingSettings) -> [String]?,
        deciding: @escaping @Sendable (TrainingSettings) -> String? = { _ in nil },
        check: @escaping @Sendable (TrainingSettings) throws -> Void = { _ in }
    ) {
        (self.name, self.values, self.deciding, self.check) = (name, values, deciding, check)
    }

    /// An option that is followed by its value.
    ///
    /// - Parameters:
    ///   - usual: the value that need not be asked for; nil if it always is.
    ///   - decidesResult: whether `--resume` refuses another value.
    ///   - makesRun: whether the value is a part of the command that makes a run again.
    init<Value: Equatable & Sendable>(
        _ name: String, _ path: any KeyPath<TrainingSettings, Value> & Sendable, unless usual: Value? = nil,
        decidesResult: Bool = false, makesRun: Bool = true, must requirement: Requirement<Value>? = nil
    ) {
        self.init(
            name, value: { $0[keyPath: path] == usual ? nil : $0[keyPath: path] }, decidesResult: decidesResult,
            makesRun: makesRun, check: { try requirement?.check($0[keyPath: path], of: name) })
    }

    /// An option that is followed by its value, where there is one.
    init<Value: Equatable & Sendable>(
        _ name: String, _ path: any KeyPath<TrainingSettings, Value?> & Sendable, decidesResult: Bool = false,
        makesRun: Bool = true, must requirement: Requirement<Value>? = nil
    ) {
        self.init(
            name, value: { $0[keyPath: path] }, decidesResult: decidesResult, makesRun: makesRun,
            check: { settings in
                if let value = settings[keyPath: path] { try requirement?.check(value, of: name) }
            })
    }

    private init<Value: Sendable>(
        _ name: String, value: @escaping @Sendable (TrainingSettings) -> Value?, decidesResult: Bool, makesRun: Bool,
        check: @escaping @Sendable (TrainingSettings) throws -> Void
    ) {
        self.init(
            name, values: { settings in makesRun ? value(settings).map { ["\($0)"] } : nil },
            deciding: { settings in decidesResult ? value(settings).map { "\($0)" } : nil }, check: check)
    }

    /// An option without a value.
    ///
    /// - Parameter asked: what the setting is where the option is given.
    init(
        flag name: String, _ path: any KeyPath<TrainingSettings, Bool> & Sendable, for asked: Bool = true,
        decidesResult: Bool = false
    ) {
        self.init(
            name, values: { $0[keyPath: path] == asked ? [] : nil },
            deciding: { decidesResult ? "\($0[keyPath: path] == asked)" : nil })
    }

    /// The option's words on the command line that makes a run again; empty where it is left out.
    func words(_ settings: TrainingSettings) -> [String] { values(settings).map { [name] + $0 } ?? [] }
}

extension SettingOption {
    /// OpenBLAS' bits are other than the usual ones.
    static var bits: SettingOption {
        SettingOption(
            "--bits", values: { $0.bits.map { [$0.rawValue] } },
            deciding: { $0.bits == .blas ? Bits.blas.rawValue : nil })
    }
}
