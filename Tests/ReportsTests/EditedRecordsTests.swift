import Faults
import Figures
import Foundation
import Reports
import RunRecords
import TestSupport
import Testing

/// Records that somebody has edited, or a disk has damaged: a report of them is refused with one line.
@Suite struct EditedRecordsTests {
    private let run = MadeUpRun(probabilities: [(0, 0.25), (1, 0.75), (14, 0.75)])

    private func report(_ folder: RunFolder) throws {
        _ = try RunReport.write(folder, environment: [Gnuplot.environmentVariable: "/nonexistent/gnuplot"])
    }

    /// Expects that a report is refused once a file has other text in a place.
    private func expectRefusal(_ name: String, _ pattern: String, _ replacement: String) throws {
        try withTemporaryFolder { base in
            let folder = try run.write(into: base)
            let path = "\(folder.path)/\(name)"
            let original = try text(path)
            let edited = original.replacing(try Regex(pattern), with: replacement)
            try #require(edited != original, "\(pattern)")
            try write(Array(edited.utf8), to: path)
            expectFault(.badData, path, saying: "restore") { try report(folder) }
        }
    }

    @Test(arguments: [
        ("\"samples\" : 3", "\"samples\" : 0"), ("\"samples\" : 3", "\"samples\" : -1"),
        ("\"samples\" : 3", "\"samples\" : 9223372036854775807"), ("\"samples\" : 3", "\"samples\" : 1e300"),
        ("\"accuracy\" : [0-9.]+", "\"accuracy\" : 1e300"), ("\"accuracy\" : [0-9.]+", "\"accuracy\" : \"NaN\""),
        ("\"roc_auc\" : [0-9.]+", "\"roc_auc\" : -2"), ("\"roc_auc\" : [0-9.]+", "\"roc_auc\" : \"Infinity\""),
    ])
    func metricsThatNoTestSetHas(_ pattern: String, _ replacement: String) throws {
        try expectRefusal("metrics.json", pattern, replacement)
    }

    @Test(arguments: [
        "[[0,0],[0,0]]", "[[9223372036854775807,1],[1,1]]", "[[9223372036854775807,9223372036854775807],[1,1]]",
        "[[-1,2],[1,1]]", "[[3,0],[0,0]]", "[[1,1]]", "[[1,1],[1]]", "[]", "[[1,1],[0,1],[0,0]]", "null",
    ])
    func confusionMatricesThatNoTestSetHas(_ matrix: String) throws {
        try expectRefusal("metrics.json", "\\[[\\s\\S]*\\]", matrix)
    }

    @Test(arguments: [
        "noise_stamps", "source_stamps", "stamp_height", "stamp_width", "training_stamps", "validation_stamps",
        "test_stamps", "microbatches", "ranks", "threads", "noise", "sources", "epochs",
    ])
    func countsThatNoRunHas(_ key: String) throws {
        for count in ["9223372036854775807", "-9223372036854775808", "-1", "1e400", "0.5", "\"1\"", "{}"] {
            try expectRefusal("config.json", "\"\(key)\" : [0-9]+", "\"\(key)\" : \(count)")
        }
    }

    @Test(arguments: [
        ("\n2,", "\n9223372036854775807,"), ("\n2,", "\n3,"), ("\n2,", "\n1,"), ("\n2,", "\n-2,"),
        ("\n1,", "\n99999999999999999999,"),
    ])
    func epochsThatDoNotFollowOneAnother(_ pattern: String, _ replacement: String) throws {
        try expectRefusal("history.csv", pattern, replacement)
    }

    @Test(arguments: [
        ("\n14,1", "\n-1,1"), ("\n14,1", "\n0,1"), ("\n14,1", "\n99999999999999999999,1"), ("\n14,1", "\n14,2"),
        ("0.75", "1e30"), ("0.75", "-1"),
    ])
    func samplesThatNoTestSetHas(_ pattern: String, _ replacement: String) throws {
        try expectRefusal("test_predictions.csv", pattern, replacement)
    }

    /// Numbers that may be, and are only shown.
    @Test func extremeNumbersAreShown() throws {
        try withTemporaryFolder { base in
            let folder = try run.write(into: base)
            for (name, old, new) in [
                ("test_predictions.csv", "\n14,1", "\n9223372036854775807,1"), ("history.csv", "0.5,", "1e308,"),
                ("history.csv", ",1.0\n", ",1e308\n"), ("metrics.json", "\"loss\" : 0.5", "\"loss\" : -1e308"),
            ] {
                let path = "\(folder.path)/\(name)"
                try write(Array(try text(path).replacing(old, with: new).utf8), to: path)
            }
            try report(folder)
            #expect(exists(folder.report))
        }
    }

    @Test(arguments: [
        "config.json", "history.csv", "metrics.json", "test_predictions.csv", "model.safetensors", "report.html",
    ])
    func whatIsNoFileIsRefusedAtOnce(_ name: String) throws {
        try withTemporaryFolder { base in
            let folder = try run.write(into: base)
            let path = "\(folder.path)/\(name)"
            for make in [
                { mkfifo(path, 0o666) == 0 }, { symlink("/dev/zero", path) == 0 }, { mkdir(path, 0o777) == 0 },
            ] {
                try? FileManager.default.removeItem(atPath: path)
                try #require(make())
                expectFault(.badData, path, saying: "instead of a file") { try report(folder) }
            }
        }
    }

    @Test func stampsThatCameThroughAPipeAreLeftOut() throws {
        try withTemporaryFolder { base in
            let folder = try run.write(into: base)
            let path = "\(base)/data/stamps_noise.npy"
            try FileManager.default.removeItem(atPath: path)
            try #require(mkfifo(path, 0o666) == 0)
            let results = try RunResults.read(folder)
            #expect(results.stamps == nil && results.notes.contains { $0.contains(path) })
        }
    }
}
