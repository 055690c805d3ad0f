import Faults
import Foundation
import MLflow
import TestSupport
import Testing

private func description(_ folder: String, _ experiment: String = "stamps: it's \"ours\"") -> MLflowRun.Description {
    MLflowRun.Description(
        experiment: experiment, folder: folder,
        parameters: [("learning-rate", "0.003"), ("nesterov", "true"), ("noise", "it's: a, [b]\n#c")],
        command: "swift-run-trainer train", programVersion: "1.2.3")
}

private func points(_ steps: ClosedRange<Int>, _ factor: Double) -> [MLflowPoint] {
    steps.flatMap {
        [
            MLflowPoint("train/loss", factor / Double($0), .steps, $0, wallTime: 1000 + Double($0)),
            MLflowPoint("val_loss", factor, .epochs, $0, wallTime: 1000 + Double($0)),
        ]
    }
}

@Suite struct MLflowRunTests {
    private func lines(_ run: MLflowRun, _ metric: String) throws -> [Substring] {
        try text("\(run.path)/metrics/\(metric)").split(separator: "\n")
    }

    @Test func measurementsAreLinesOfTimeValueAndStep() throws {
        try withTemporaryFolder { folder in
            let run = try MLflowRun(
                in: "\(folder)/a/mlruns", description("\(folder)/run"), resumingAfter: nil, wallTime: 999)
            var rest = points(1...2, 0.5)
            try run.log(&rest)
            #expect(rest.isEmpty)
            #expect(try lines(run, "train/loss") == ["1001000 0.5 1", "1002000 0.25 2"])
            #expect(try lines(run, "val_loss") == ["1001000 0.5 1", "1002000 0.5 2"])
        }
    }

    @Test func aRunThatGoesOnReplacesWhatItRepeats() throws {
        try withTemporaryFolder { folder in
            let first = try MLflowRun(in: folder, description("run"), resumingAfter: nil, wallTime: 999)
            var rest = points(1...4, 0.5)
            try first.log(&rest)
            let second = try MLflowRun(in: folder, description("run/"), resumingAfter: (2, 1), wallTime: 2000)
            #expect(second.path == first.path)
            rest = points(2...3, 4)
            rest.removeFirst()
            try second.log(&rest)
            #expect(
                try lines(second, "train/loss") == ["1001000 0.5 1", "1002000 0.25 2", "1003000 \(4.0 / 3) 3"])
            #expect(try lines(second, "val_loss") == ["1001000 0.5 1", "1002000 4.0 2", "1003000 4.0 3"])
        }
    }

    @Test func aRunThatBeginsAgainIsAnother() throws {
        try withTemporaryFolder { folder in
            let paths = try (1...3).map {
                try MLflowRun(
                    in: folder, description("run"), resumingAfter: nil, wallTime: 1000 * Double($0)
                ).path
            }
            #expect(Set(paths).count == 3)
            // The last to begin is the one that goes on.
            let next = try MLflowRun(in: folder, description("run"), resumingAfter: (1, 0), wallTime: 9000)
            #expect(next.path == paths[2])
            // In another folder there is none to go on with.
            let other = try MLflowRun(in: folder, description("other"), resumingAfter: (1, 0), wallTime: 9000)
            #expect(!paths.contains(other.path))
        }
    }

    @Test func anExperimentThatMLflowHasMadeIsUsed() throws {
        try withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/42", withIntermediateDirectories: true)
            try write(Array("experiment_id: '42'\nname: 'it''s'\n".utf8), to: "\(folder)/42/meta.yaml")
            let run = try MLflowRun(in: folder, description("run", "it's"), resumingAfter: nil, wallTime: 999)
            #expect(run.path.hasPrefix("\(folder)/42/"))
        }
    }

    @Test func whatCannotBeWrittenIsAFault() throws {
        try withTemporaryFolder { folder in
            try write([], to: "\(folder)/file")
            #expect {
                _ = try MLflowRun(in: "\(folder)/file", description("run"), resumingAfter: nil, wallTime: 0)
            } throws: {
                ($0 as? Fault)?.kind == .cannotWrite
            }
        }
    }
}

private let python = Python(having: "mlflow")

/// What MLflow itself reads, where it is installed.
@Suite(.enabled(if: python != nil, "no Python has mlflow"))
struct MLflowReadingTests {
    private struct Run: Decodable {
        let name: String
        let status: String
        let start: Int
        let end: Int?
        let parameters: [String: String]
        let tags: [String: String]
        let metrics: [String: [[Double]]]
    }

    @Test func everythingArrives() throws {
        try withTemporaryFolder { folder in
            let (store, named) = ("\(folder)/mlruns", description("\(folder)/run"))
            let run = try MLflowRun(in: store, named, resumingAfter: nil, wallTime: 999.5)
            var rest = points(1...2, 0.5) + [MLflowPoint("test_loss", .nan, .epochs, 2, wallTime: 1003)]
            try run.log(&rest)
            func read() throws -> [Run] {
                try JSONDecoder().decode(
                    [Run].self,
                    from: Data(
                        python!.output(ofScript: "read_mlflow.py", [store, named.experiment])
                            .replacing("NaN", with: "-1").utf8))
            }
            let found = try read()
            #expect(found.count == 1 && found[0].name == "run" && found[0].status == "RUNNING")
            #expect(found[0].start == 999_500 && found[0].end == nil)
            #expect(
                found[0].parameters == ["learning-rate": "0.003", "nesterov": "true", "noise": "it's: a, [b] #c"])
            #expect(found[0].tags["run_folder"] == "\(folder)/run")
            #expect(found[0].tags["mlflow.source.name"] == "swift-run-trainer train")
            #expect(
                found[0].metrics == [
                    "train/loss": [[1, 0.5, 1_001_000], [2, 0.25, 1_002_000]],
                    "val_loss": [[1, 0.5, 1_001_000], [2, 0.5, 1_002_000]], "test_loss": [[2, -1, 1_003_000]],
                ])
            try run.end(.failed, wallTime: 2000)
            #expect(try read().map(\.status) == ["FAILED"] && read()[0].end == 2_000_000)
            let next = try MLflowRun(in: store, named, resumingAfter: (1, 1), wallTime: 3000)
            #expect(try read().map(\.status) == ["RUNNING"] && read()[0].end == nil)
            try next.end(.finished, wallTime: 4000)
            #expect(try read().map(\.status) == ["FINISHED"])
        }
    }
}
