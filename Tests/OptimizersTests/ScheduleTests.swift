import Optimizers
import TestSupport
import Testing

/// Schedules and stopping rules against what Keras and torch recorded (`Tests/ReferenceValues/objective`).
@Suite struct ScheduleTests {
    static func reference<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        try ReferenceValues.json(type, "objective/\(name)")
    }

    private func rates(_ schedule: Schedule, batchSize: Int = 256) -> [Double] {
        let rates = LearningRates(schedule, learningRate: 0.1, batchSize: batchSize, stepsPerEpoch: 10, total: 40)
        return (0..<40).map { Double(rates.rate(step: $0)) }
    }

    private func schedule(_ kind: Schedule.Kind, factor: Double = 0.1, every: Span = .share(1), warmup: Span? = nil)
        -> Schedule
    {
        var schedule = Schedule()
        (schedule.kind, schedule.factor, schedule.every, schedule.warmup) = (kind, factor, every, warmup)
        return schedule
    }

    @Test func ratesAreThoseOfKerasAndTorch() throws {
        let keras = try Self.reference([String: [Double]].self, "schedules")
        let torch = try Self.reference([String: [Double]].self, "one_cycle")
        let cases: [(Schedule, [Double]?)] = [
            (schedule(.cosine), keras["cosine"]), (schedule(.cosine, warmup: .epochs(1)), keras["cosine-warmup-10"]),
            (schedule(.step, factor: 0.3, every: .steps(7)), keras["step-7"]),
            (schedule(.exponential, factor: 0.3, every: .steps(7)), keras["exponential-7"]),
            (schedule(.oneCycle), torch["one-cycle"]),
            (schedule(.oneCycle, warmup: .steps(10)), torch["one-cycle-warmup-10"]),
        ]
        for (schedule, expected) in cases {
            for (rate, reference) in zip(rates(schedule), try #require(expected)) {
                // Keras computes them in single precision: a few roundings of the largest.
                #expect(abs(rate - reference) <= 3e-8, "\(schedule)")
            }
        }
    }

    @Test func constantRatesAreTheLearningRateToTheBit() {
        #expect(rates(Schedule()).allSatisfy { $0 == Double(Float(0.1)) })
    }

    @Test func ratesGrowWithTheBatchOnRequest() {
        var schedule = Schedule()
        schedule.scalesWithBatch = true
        #expect(rates(schedule, batchSize: 1024).allSatisfy { $0 == Double(Float(0.4)) })
    }

    @Test func decaysBeginWhenTheWarmUpEnds() {
        let plain = rates(schedule(.step, factor: 0.3, every: .steps(7)))
        let warm = rates(schedule(.step, factor: 0.3, every: .steps(7), warmup: .share(0.125)))
        #expect(Array(warm[5...]) == Array(plain[..<35]))
        #expect(zip(warm, 1...5).allSatisfy { abs($0 - 0.02 * Double($1)) < 1e-8 })
    }

    @Test(arguments: ["500steps", "1step", "2epochs", "0.05", "1", "0"]) func spansAreRead(_ text: String) {
        #expect(Span(text).map { Span($0.description) } == Span(text) && Span(text) != nil)
    }

    @Test(arguments: ["", "steps", "-1", "1.5", "3minutes", "0epochs", "nan"]) func otherSpansAreNot(_ text: String) {
        #expect(Span(text) == nil)
    }

    struct Course: Decodable {
        let metric: String
        let course: [Double]
        let patience: Int
        let min_delta: Double
        let best: Int
        let end: Int?
        let learning_rates: [Double]
    }

    @Test func stoppingAndReducingAreThoseOfKeras() throws {
        for course in try Self.reference([Course].self, "callbacks") {
            let metric: Stopping.Metric = course.metric == "val_loss" ? .validationLoss : .validationAccuracy
            let early = Stopping.Early(
                metric: metric, patience: course.patience, minimumDelta: course.min_delta)
            let end = course.course.indices.first { early.evaluate(Array(course.course[...$0])).ends }
            #expect(end == course.end)
            #expect(early.evaluate(Array(course.course[...(end ?? course.course.count - 1)])).best == course.best)
            let plateau = Stopping.Plateau(metric: metric, factor: 0.5, patience: course.patience)
            for (epoch, rate) in course.learning_rates.enumerated() {
                // Halves are exact.
                #expect(plateau.reduction(after: Array(course.course[...epoch])) == rate)
            }
        }
    }

    @Test func aMetricThatIsNoNumberIsNeverTheBest() {
        let early = Stopping.Early(metric: .loss, patience: 2)
        #expect(early.evaluate([.nan, 3, .nan]).best == 1)
        #expect(early.evaluate([.nan, .nan]).best == nil)
        #expect(early.evaluate([.nan, .nan]).ends)
    }

    @Test(arguments: [Stopping.Metric.validationROCArea, .validationAveragePrecision])
    func aLargerAreaIsABetterOne(metric: Stopping.Metric) {
        let early = Stopping.Early(metric: metric, patience: 2)
        #expect(early.evaluate([0.5, 0.9, 0.8, 0.9]).best == 1 && early.evaluate([0.5, 0.9, 0.8, 0.9]).ends)
        #expect(early.ranked([0.5, .nan, 0.9, 0.8]) == [2, 3, 0])
        #expect(metric.needsValidation)
    }

    @Test func epochsAreRankedAsTheMetricHasIt() {
        let course = [0.5, .nan, 0.25, 0.5, .infinity]
        #expect(Stopping.Early(metric: .loss).ranked(course) == [2, 0, 3, 4])
        #expect(Stopping.Early(metric: .validationAccuracy).ranked(course) == [4, 0, 3, 2])
    }

    @Test func balancedClassesCountAlike() {
        #expect(ClassWeights.balanced.values([300, 100]) == [400.0 / 600, 2])
        #expect(ClassWeights.equal.values([300, 100]) == [1, 1])
        #expect(ClassWeights.given([1, 3]).values([5, 6]) == [1, 3])
    }
}
