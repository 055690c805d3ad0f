import Faults
import Files
import Metrics
import RunRecords
import TestSupport
import Testing

@Suite struct TestPredictionsTests {
    @Test func predictionsAreReadBackAsTheyWereWritten() throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).testPredictions
            let probabilities: [Float] = [0, 1, 1e-30, 0.1, .nan, Float(1).nextDown]
            try TestPredictions.write(
                probabilities.enumerated().map {
                    SamplePrediction(index: 2 * $0, trueClass: $0 % 2, predictedClass: 0, probability: $1, loss: 0)
                }, to: path)
            let samples = try TestPredictions.read(path)
            #expect(samples.map(\.index) == [0, 2, 4, 6, 8, 10])
            #expect(samples.map(\.trueClass) == [0, 1, 0, 1, 0, 1])
            #expect(samples.map(\.score.bitPattern) == probabilities.map(\.bitPattern))
        }
    }

    @Test(arguments: [
        "", "index,probability\n", "index,true_class,probability\n3,2,0.5\n", "index,true_class,probability\n3,1\n",
        "index,true_class,probability\n1,1,0.5\n-1,1,0.5\n", "index,true_class,probability\n1,1,1.5\n",
    ])
    func whatIsNoTestSetIsRefused(content: String) throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).testPredictions
            try write(Array(content.utf8), to: path)
            let fault = #expect(throws: Fault.self) { try TestPredictions.read(path) }
            #expect(fault?.kind == .badData && fault?.subject == path)
        }
    }

    @Test func metricsAreReadBackAsTheyWereWritten() throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).metrics
            for classes in [[0, 1, 1], [1, 1]] {
                let metrics = ClassificationMetrics(
                    classes.enumerated().map {
                        SamplePrediction(
                            index: $0, trueClass: $1, predictedClass: $0 % 2, probability: Float($0) / 4, loss: 0.1)
                    })
                try JSONFile.write(metrics, to: path)
                let read = try JSONFile.read(ClassificationMetrics.self, from: path)
                #expect(read.loss == metrics.loss && read.accuracy == metrics.accuracy)
                #expect(read.confusionMatrix == metrics.confusionMatrix && read.rocAUC == metrics.rocAUC)
            }
            try write(Array(#"{"accuracy":1,"confusion_matrix":[[0,0],[1]],"loss":0,"samples":1}"#.utf8), to: path)
            #expect(throws: Fault.self) { try JSONFile.read(ClassificationMetrics.self, from: path) }
        }
    }
}
