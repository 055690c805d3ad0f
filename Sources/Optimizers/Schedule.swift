import CKernels

/// How the learning rate changes over a run: a pure function of the step.
///
/// With η the learning rate, W the steps of warm-up and N those of the run, step t (from 0) of the warm-up has η·(t +
/// 1)/W. After it, with s = t − W:
///
/// | | |
/// |---|---|
/// | `constant` | η |
/// | `step` | η·f^⌊s/E⌋ (`keras.optimizers.schedules.ExponentialDecay(staircase=True)`) |
/// | `exponential` | η·f^(s/E) (`ExponentialDecay`) |
/// | `cosine` | η·½(1 + cos(π·s/(N − W))) (`CosineDecay`; I. Loshchilov and F. Hutter, ICLR 2017) |
///
/// `oneCycle` rises from η/25 over its warm-up (nil for 30 % of the run) along half a cosine, and falls likewise to
/// η/250,000 (`torch.optim.lr_scheduler.OneCycleLR` without its cycle of momentum; L. Smith and N. Topin,
/// arXiv:1708.07120).
public struct Schedule: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, CaseIterable, Sendable {
        case constant, step, exponential, cosine
        case oneCycle = "one-cycle"
    }

    /// Which of these schedules.
    public var kind = Kind.constant
    /// f, of `step` and `exponential`.
    public var factor = 0.1
    /// E, of `step` and `exponential`.
    public var every = Span.share(1 / 3.0)
    public var warmup: Span?
    /// Whether η is the learning rate times batch/256 (P. Goyal et al., arXiv:1706.02677).
    public var scalesWithBatch = false

    /// A constant rate.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case kind, factor, every, warmup
        case scalesWithBatch = "scales_with_batch"
    }

    /// Whether more epochs would change the rates of earlier ones.
    public var dependsOnEpochs: Bool {
        let spans = (kind == .step || kind == .exponential ? [every] : []) + (warmup.map { [$0] } ?? [])
        return kind == .cosine || kind == .oneCycle || spans.contains { if case .share = $0 { true } else { false } }
    }
}

extension Schedule: CustomStringConvertible {
    /// In the words of the options: `cosine, warm-up 1epoch`.
    public var description: String {
        var words = [kind.rawValue]
        if kind == .step || kind == .exponential { words.append("factor \(factor) every \(every)") }
        if let warmup { words.append("warm-up \(warmup)") }
        if scalesWithBatch { words.append("scaled by batch/256") }
        return words.joined(separator: ", ")
    }
}

/// The learning rates of a run whose length is known.
public struct LearningRates: Hashable, Sendable {
    private let schedule: Schedule
    private let largest: Double
    private let total: Int
    private let warmup: Int
    private let every: Int

    public init(_ schedule: Schedule, learningRate: Float, batchSize: Int, stepsPerEpoch: Int, total: Int) {
        self.schedule = schedule
        self.total = max(total, 1)
        largest = Double(learningRate) * (schedule.scalesWithBatch ? Double(batchSize) / 256 : 1)
        func steps(_ span: Span) -> Int { span.steps(stepsPerEpoch: stepsPerEpoch, total: total) }
        let usual: Span? = schedule.kind == .oneCycle ? .share(0.3) : nil
        warmup = (schedule.warmup ?? usual).map(steps) ?? 0
        every = max(1, steps(schedule.every))
    }

    /// The learning rate of a step, counted from 0.
    public func rate(step: Int) -> Float { Float(largest * factor(step)) }

    private func factor(_ step: Int) -> Double {
        if schedule.kind == .oneCycle { return oneCycle(step) }
        if step < warmup { return Double(step + 1) / Double(warmup) }
        let done = Double(step - warmup)
        switch schedule.kind {
        case .constant, .oneCycle: return 1
        case .step: return portable_pow(schedule.factor, (done / Double(every)).rounded(.down))
        case .exponential: return portable_pow(schedule.factor, done / Double(every))
        case .cosine: return Self.cosine(from: 1, to: 0, at: done / Double(max(1, total - warmup)))
        }
    }

    private func oneCycle(_ step: Int) -> Double {
        let (first, last) = (1 / 25.0, 1 / 250_000.0)
        let (top, end) = (Double(max(warmup, 1) - 1), Double(total - 1))
        let step = Double(step)
        if step < top { return Self.cosine(from: first, to: 1, at: step / top) }
        return Self.cosine(from: 1, to: last, at: end > top ? (step - top) / (end - top) : 0)
    }

    private static func cosine(from start: Double, to end: Double, at share: Double) -> Double {
        end + (start - end) * 0.5 * (1 + portable_cos_pi(min(share, 1)))
    }
}
