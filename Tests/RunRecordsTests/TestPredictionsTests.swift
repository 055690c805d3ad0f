import Faults
import Files
import Metrics
import RunRecords
import TestSupport
import Testing

@Suite struct TestPredictionsTests {
    private let names = ["noise", "source"]

    @Test func predictionsAreReadBackAsTheyWereWritten() throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).testPredictions
            let probabilities: [Float] = [0, 1, 1e-30, 0.1, .nan, Float(1).nextDown]
            let written = probabilities.enumerated().map {
                SamplePrediction(index: 2 * $0, trueClass: $0 % 2, predictedClass: 0, probability: $1, loss: 0)
            }
            try TestPredictions.write(.two(written), classNames: names, to: path)
            guard case .two(let samples) = try TestPredictions.read(path, classNames: names).set else {
                Issue.record("not of two classes")
                return
            }
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
            let fault = #expect(throws: Fault.self) { try TestPredictions.read(path, classNames: names) }
            #expect(fault?.kind == .badData && fault?.subject == path)
        }
    }

    /// Names with everything that a table of comma-separated values must quote.
    private let others = ["star", "a,\"b\"", "two\nlines", "=1+1"]

    @Test func predictionsOfSeveralClassesAreReadBackAsTheyWereWritten() throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).testPredictions
            let written = ClassPredictions(
                classes: 4, indices: [7, 2, 9], trueClasses: [3, 0, 1],
                probabilities: [0.1, 0.2, 0.3, 0.4, .nan, .nan, .nan, .nan, 1, 0, 1e-30, Float(1).nextDown])
            try TestPredictions.write(.several(written), classNames: others, to: path)
            #expect(
                try text(path).hasPrefix(
                    "index,true_class,probability_star,\"probability_a,\"\"b\"\"\",\"probability_two\nlines\","
                        + "probability_=1+1\n2,0,nan,nan,nan,nan\n7,3,0.1,0.2,0.3,0.4\n"))
            guard case .several(let read) = try TestPredictions.read(path, classNames: others).set else {
                Issue.record("not of several classes")
                return
            }
            #expect(read.indices == [2, 7, 9] && read.trueClasses == [0, 3, 1])
            #expect(read.probabilities.map(\.bitPattern) == written.probabilities.map(\.bitPattern))
            #expect(throws: Fault.self) { try TestPredictions.read(path, classNames: others.reversed()) }
        }
    }

    @Test(arguments: ["3,0,0.5,0.5", "3,3,0.5,0.5,0", "3,-1,1,0,0", "3,1,1,0,0,0", "3,1,1,0,2", "3,1,1,0,x", "3,1,,,"])
    func whatIsNoTestSetOfThreeClassesIsRefused(row: String) throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).testPredictions
            let header = "index,true_class,probability_a,probability_b,probability_c\n"
            for (content, line) in [(header + row + "\n", 2), (header + "1,2,0,0,1\n" + row, 3)] {
                try write(Array(content.utf8), to: path)
                let fault = #expect(throws: Fault.self) {
                    try TestPredictions.read(path, classNames: ["a", "b", "c"])
                }
                #expect(fault?.kind == .badData && fault?.problem.hasPrefix("line \(line) ") == true)
            }
        }
    }

    /// What people call stamps: anything that a file of comma-separated values must quote, and what it need not.
    private let identifiers = [
        "ZTF18abc", "a,b,1", "\"", "two\nlines\r\n3,1,0.5", "", "ZTF18abc", "=1+1", "\u{1B}[2J\0",
    ]

    @Test func identifiersAreReadBackAsTheyWereWritten() throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).testPredictions
            let all = SampleIdentifiers(identifiers)
            let two = [7, 0, 3, 2, 1].map {
                SamplePrediction(index: $0, trueClass: $0 % 2, predictedClass: 0, probability: 0.5, loss: 0)
            }
            let several = ClassPredictions(
                classes: 4, indices: [1, 3, 4], trueClasses: [0, 1, 3], probabilities: Array(repeating: 0.25, count: 12)
            )
            for (predictions, classes) in [(LabelledPredictions.two(two), names), (.several(several), others)] {
                try TestPredictions.write(predictions, identifiers: all, classNames: classes, to: path)
                let read = try TestPredictions.read(path, classNames: classes)
                #expect(read.set.indices.map { read.identifiers?[$0] } == read.set.indices.map { identifiers[$0] })
                // Without the column the file is the same.
                let named = try text(path)
                try TestPredictions.write(predictions, classNames: classes, to: path)
                #expect(try TestPredictions.read(path, classNames: classes).set == read.set)
                #expect(try named.hasPrefix("index,id,true_class") && text(path).hasPrefix("index,true_class"))
            }
            try TestPredictions.write(.two(two), identifiers: all, classNames: names, to: path)
            #expect(
                try text(path).hasPrefix(
                    "index,id,true_class,probability\n0,ZTF18abc,0,0.5\n1,\"a,b,1\",1,0.5\n2,\"\"\"\",0,0.5\n"
                        + "3,\"two\nlines\r\n3,1,0.5\",1,0.5\n7,"))
        }
    }

    @Test func identifiersOfSeparateSetsAreJoined() {
        let joined = SampleIdentifiers(joining: [
            (SampleIdentifiers(["b", "d"], of: [1, 3]), [1, 3]), (SampleIdentifiers(["a", "b", "c"]), [0, 2]),
        ])
        #expect(joined == SampleIdentifiers(["a", "b", "c", "d"], of: [0, 1, 2, 3]))
        #expect((0..<4).map { joined[$0] } == ["a", "b", "c", "d"])
    }

    @Test(arguments: [
        "3,1,0.5", "3,a,b,1,0.5", "3,\"a,1,0.5", "3,\"a\"b\",1,0.5", "3,a\"b,1,0.5", "3,a,2,0.5", "x,a,1,0.5",
    ])
    func whatHasNoIdentifierIsRefused(row: String) throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).testPredictions
            try write(Array("index,id,true_class,probability\n1,\"two\nlines\",1,0.5\n\(row)\n".utf8), to: path)
            let fault = #expect(throws: Fault.self) { try TestPredictions.read(path, classNames: names) }
            #expect(fault?.kind == .badData && fault?.problem.hasPrefix("line 4 ") == true)
        }
    }

    @Test func metricsOfSeveralClassesAreReadBackAsTheyWereWritten() throws {
        try withTemporaryFolder { base in
            let path = RunFolder(base).metrics
            for labels in [[0, 1, 2], [0, 2, 2]] {
                let predictions = ClassPredictions(
                    classes: 3, indices: [0, 1, 2], trueClasses: labels,
                    probabilities: [0.5, 0.25, 0.25, 0.25, 0.5, 0.25, 0.1, 0.7, 0.2])
                let metrics = TestMetrics.several(ClassMetrics(predictions, classNames: Array(others.prefix(3))))
                try JSONFile.write(metrics, to: path)
                #expect(try JSONFile.read(TestMetrics.self, from: path) == metrics)
            }
            let whole = try text(path)
            for (old, new) in [
                ("\"star\" : {", "\"comet\" : {"), ("\"star\",", ""), ("\"star\",", "\"two\\nlines\","),
                ("\"average_precision\" : 1", "\"average_precision\" : 1.5"),
            ] {
                try #require(whole.contains(old), "\(old) is not in \(whole)")
                try write(Array(whole.replacing(old, with: new).utf8), to: path)
                #expect(throws: Fault.self) { try JSONFile.read(TestMetrics.self, from: path) }
            }
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
                // Operating points are in no file.
                let read = try JSONFile.read(ClassificationMetrics.self, from: path)
                #expect(try JSONFile.text(of: read) == JSONFile.text(of: metrics))
            }
            try write(Array(#"{"accuracy":1,"confusion_matrix":[[0,0],[1]],"loss":0,"samples":1}"#.utf8), to: path)
            #expect(throws: Fault.self) { try JSONFile.read(ClassificationMetrics.self, from: path) }
        }
    }
}
