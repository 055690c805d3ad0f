import Faults
import Files
import FoundationEssentials
import Metrics
import RunRecords
import TestSupport
import Testing

@Suite struct MetricsTests {
    /// What `Tests/ReferenceValues/make_metrics_reference.py` writes.
    struct Reference: Decodable {
        struct Expected: Decodable {
            let loss: Double
            let accuracy: Double
            let confusion_matrix: [[Int]]
            let roc_auc: Double?
            let samples: Int
            let matthews_correlation: Double
            let average_precision: Double?
            /// Rate and threshold of each limit; the threshold is nil above all scores.
            let operating_points: [[Double?]]?
        }
        let outputs: Int
        let true_classes: [Int]
        let probabilities0: [Float]
        let probabilities1: [Float]
        let predicted_classes: [Int]
        let losses: [Float]
        let expected: Expected

        var samples: [SamplePrediction] {
            true_classes.indices.map {
                SamplePrediction(
                    index: $0, trueClass: true_classes[$0], predictedClass: predicted_classes[$0],
                    probability: probabilities1[$0], loss: losses[$0])
            }
        }
    }

    static let cases = [
        "softmax", "sigmoid", "ties", "all_equal", "all_equal_sigmoid", "separated", "inverted", "only_noise",
        "only_sources", "one_sample", "exact_limits", "noise_on_top",
    ]

    private func reference(_ name: String) throws -> Reference {
        try ReferenceValues.json(Reference.self, "metrics/\(name)")
    }

    @Test(arguments: cases)
    func metricsEqualScikitLearn(name: String) throws {
        let reference = try reference(name)
        let metrics = ClassificationMetrics(reference.samples)
        // The losses of the samples are rounded to single precision, scikit-learn's are not: half an ulp each, 6e-8.
        #expect(abs(metrics.loss - reference.expected.loss) <= 1e-7 * reference.expected.loss)
        // Quotients of whole numbers: the same in both.
        #expect(metrics.accuracy == reference.expected.accuracy)
        #expect(metrics.confusionMatrix.counts == reference.expected.confusion_matrix)
        #expect(metrics.samples == reference.expected.samples)
        // Ranks are summed exactly here; scikit-learn adds trapezia: some roundings of 1.1e-16 for each of 300.
        #expect((metrics.rocAUC == nil) == (reference.expected.roc_auc == nil))
        #expect(abs((metrics.rocAUC ?? 0) - (reference.expected.roc_auc ?? 0)) <= 1e-13)
    }

    @Test(arguments: cases)
    func theOperatingPointsAreThoseOfScikitLearnsROCCurve(name: String) throws {
        let reference = try reference(name), expected = reference.expected.operating_points ?? []
        let points = ClassificationMetrics(reference.samples).operatingPoints
        #expect(points.count == expected.count)
        for (point, expected) in zip(points, expected) {
            #expect(point.rate == expected[0])
            // From scikit-learn's threshold on, and so just above the next lower number.
            #expect(point.threshold == expected[1].map { Float($0).nextDown } ?? 1)
            // The program's own rule realises the rate, and the limit is kept.
            let predicted = reference.samples.map { sample in
                var sample = sample
                sample.predictedClass = ThresholdRule.predictedClass(sample.probability, above: point.threshold)
                return sample
            }
            let matrix = ConfusionMatrix(predicted)
            let missed = Double(matrix.falseNegatives) / Double(matrix.falseNegatives + matrix.truePositives)
            let mistaken = Double(matrix.falsePositives) / Double(matrix.falsePositives + matrix.trueNegatives)
            let isMissedHeld = point.limit.limited == .missedDetection
            #expect(point.rate == (isMissedHeld ? mistaken : missed))
            #expect((isMissedHeld ? missed : mistaken) <= point.limit.share)
        }
    }

    @Test(arguments: cases)
    func matthewsCorrelationEqualsScikitLearn(name: String) throws {
        let reference = try reference(name)
        let matrix = ConfusionMatrix(reference.samples)
        // Two square roots there, one here.
        #expect(abs(matrix.matthewsCorrelation - reference.expected.matthews_correlation) <= 4e-16)
    }

    @Test func matthewsCorrelationOfNoMistakeIsOneAtAnySize() throws {
        for count in [1, 3, 1_000_003, 1_000_000_007, Int.max / 4] {
            #expect(ConfusionMatrix(counts: [[count, 0], [0, count]])?.matthewsCorrelation == 1)
            #expect(ConfusionMatrix(counts: [[0, count], [count, 0]])?.matthewsCorrelation == -1)
        }
        #expect(ConfusionMatrix(counts: [[0, 0], [0, 0]])?.matthewsCorrelation == 0)
    }

    @Test(arguments: cases)
    func theAveragePrecisionEqualsScikitLearn(name: String) throws {
        let reference = try reference(name)
        let precision = ThresholdSweep(reference.samples.map(ScoredSample.init)).averagePrecision
        #expect((precision == nil) == (reference.expected.average_precision == nil))
        // numpy adds pairwise.
        #expect(abs((precision ?? 0) - (reference.expected.average_precision ?? 0)) <= 1e-13)
    }

    @Test(arguments: cases)
    func theFileIsReadBack(name: String) throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).metrics, metrics = ClassificationMetrics(try reference(name).samples)
            try JSONFile.write(metrics, to: path)
            let read = try JSONFile.read(ClassificationMetrics.self, from: path)
            #expect(read.confusionMatrix == metrics.confusionMatrix && read.samples == metrics.samples)
            #expect(read.loss == metrics.loss && read.accuracy == metrics.accuracy && read.rocAUC == metrics.rocAUC)
        }
    }

    @Test func theFileOfAnEarlierVersionHasNoOperatingPoints() throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).metrics
            try AtomicFile.write(
                #"{"accuracy":1,"confusion_matrix":[[1,0],[0,1]],"loss":0.25,"roc_auc":1,"samples":2}"#, to: path)
            let metrics = try JSONFile.read(ClassificationMetrics.self, from: path)
            #expect(metrics.operatingPoints.isEmpty && metrics.rocAUC == 1)
        }
    }

    @Test(arguments: cases)
    func predictedClassesFollowNumpyAndKeras(name: String) throws {
        let reference = try reference(name)
        let predicted = reference.probabilities1.map { ThresholdRule.predictedClass($0, above: 0.5) }
        #expect(predicted == reference.predicted_classes)
    }

    @Test func theOrderOfTheSamplesChangesNoBit() throws {
        let samples = try reference("softmax").samples
        #expect(ClassificationMetrics(samples) == ClassificationMetrics(samples.reversed()))
    }

    @Test func aProbabilityThatIsNoNumberLeavesTheAreaUndefined() {
        let samples = [0, 1, 1].enumerated().map { index, trueClass in
            SamplePrediction(
                index: index, trueClass: trueClass, predictedClass: 0, probability: index == 1 ? .nan : 0.5, loss: .nan)
        }
        #expect(ClassificationMetrics(samples).rocAUC == nil)
        #expect(ClassificationMetrics(samples).operatingPoints.isEmpty)
        #expect(ClassificationMetrics(samples).loss.isNaN)
    }

    @Test func theFileHoldsEveryKeyInAStableOrder() throws {
        try withTemporaryFolder { base in
            let sample = SamplePrediction(index: 0, trueClass: 1, predictedClass: 1, probability: 0.75, loss: 0.25)
            let path = RunFolder(base).metrics
            try JSONFile.write(ClassificationMetrics([sample]), to: path)
            let compact = try text(path).filter { !$0.isWhitespace }
            #expect(
                compact
                    == #"{"accuracy":1,"confusion_matrix":[[0,0],[0,1]],"loss":0.25,"roc_auc":null,"samples":1}"#)
        }
    }

    @Test func theTableIsAligned() throws {
        #expect(
            ClassificationMetrics(try reference("ties").samples).table == """
                samples          301
                loss          0.5297
                accuracy      0.7309
                ROC AUC       0.8157

                             predicted noise  predicted source
                true noise               124                35
                true source               46                96

                """)
        let one = SamplePrediction(index: 0, trueClass: 1, predictedClass: 1, probability: 0.75, loss: 0.25)
        #expect(ClassificationMetrics([one]).table.contains("ROC AUC            -\n"))
    }

    @Test func predictionsAreWrittenInTheOrderOfTheirIndex() throws {
        try withTemporaryFolder { base in
            let samples = [
                SamplePrediction(index: 12, trueClass: 1, predictedClass: 0, probability: 0.1, loss: 2),
                SamplePrediction(index: 3, trueClass: 0, predictedClass: 0, probability: 1.5e-7, loss: 0),
            ]
            let path = RunFolder(base).testPredictions
            try TestPredictions.write(.two(samples), classNames: ["noise", "source"], to: path)
            #expect(try text(path) == "index,true_class,probability\n3,0,1.5e-07\n12,1,0.1\n")
        }
    }
}
