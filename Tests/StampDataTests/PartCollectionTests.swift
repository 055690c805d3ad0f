import Faults
import Foundation
import StampFormats
import TestSupport
import Testing

@testable import StampData

/// Stamps that parts of the split have for themselves.
@Suite struct PartCollectionTests {
    /// Writes `count` stamps of 2×2 pixels, the first of which has this value.
    private func write(_ count: Int, from value: Float, to path: String) throws {
        try NpyFile.write(
            floats: (0..<4 * count).map { value + Float($0) }, shape: [count, 2, 2], to: path)
    }

    private func files(_ folder: String) throws -> LabelledFiles {
        for (number, name) in ["n", "s", "vn", "vs", "t"].enumerated() {
            try write(number + 2, from: Float(100 * number), to: "\(folder)/\(name).npy")
        }
        try "kind\n1\n0\n1\n0\n0\n1\n".write(toFile: "\(folder)/t.csv", atomically: true, encoding: .utf8)
        var files = LabelledFiles(noise: ["\(folder)/n.npy"], sources: ["\(folder)/s.npy"])
        files.validation = LabelledFiles(noise: ["\(folder)/vn.npy"], sources: ["\(folder)/vs.npy"])
        files.test = LabelledFiles(LabelledFiles.Table(stamps: ["\(folder)/t.npy"], labels: "\(folder)/t.csv:kind"))
        return files
    }

    @Test func theyFollowThoseThatAreDivided() throws {
        try withTemporaryFolder { folder in
            let files = try files(folder)
            let stamps = try StampCollection(files)
            #expect(stamps.count == 20 && stamps.classes == .noiseAndSource)
            #expect(stamps.parts == [.validation: 5..<14, .test: 14..<20])
            #expect((0..<5).allSatisfy { stamps.part(of: $0) == nil })
            #expect(stamps.part(of: 13) == .validation && stamps.part(of: 14) == .test)
            #expect((0..<14).map(stamps.label) == [0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1])
            #expect((14..<20).map(stamps.label) == [1, 0, 1, 0, 0, 1])
            #expect(stamps.location(15).path == "\(folder)/t.npy" && stamps.location(15).index == 1)
            #expect(
                files.stamps.map { $0.split(separator: "/").last! } == ["n.npy", "s.npy", "vn.npy", "vs.npy", "t.npy"])
            // As another process has it.
            let sent = try StampCollection(stamps.description)
            #expect(sent.parts == stamps.parts && (0..<20).map(sent.label) == (0..<20).map(stamps.label))
        }
    }

    /// The same pixels and labels, otherwise divided, are other data.
    @Test func thePartIsInTheFingerprint() throws {
        try withTemporaryFolder { folder in
            var one = try files(folder)
            one.test = nil
            var other = one
            (other.test, other.validation) = (one.validation, nil)
            let prints = try [one, other].map { try DataFingerprint(StampCollection($0)) }
            #expect(prints[0] != prints[1])
            #expect(try DataFingerprint(StampCollection(one)) == prints[0])
        }
    }

    @Test func otherClassesAndSizesAreRefused() throws {
        try withTemporaryFolder { folder in
            var files = try files(folder)
            files.validation = LabelledFiles(classes: [
                LabelledFiles.ClassFiles(name: "galaxy", files: ["\(folder)/vn.npy"])
            ])
            let unknown = #expect(throws: Fault.self) { try StampCollection(files) }
            #expect(
                unknown?.subject == "--validation-class galaxy" && unknown?.remedy.contains("noise, source") == true)
            try NpyFile.write(floats: Array(repeating: 1, count: 9), shape: [1, 3, 3], to: "\(folder)/large.npy")
            files.validation = LabelledFiles(noise: ["\(folder)/large.npy"], sources: ["\(folder)/vs.npy"])
            let large = #expect(throws: Fault.self) { try StampCollection(files) }
            #expect(large?.kind == .badData)
            try "kind\n1\n0\n1\n0\n0\n3\n".write(toFile: "\(folder)/t.csv", atomically: true, encoding: .utf8)
            files.validation = nil
            let label = #expect(throws: Fault.self) { try StampCollection(files) }
            #expect(label?.subject == "\(folder)/t.csv:kind" && label?.problem.contains("row 5") == true)
        }
    }

    /// A part may lack a class that the training stamps have.
    @Test func aPartMayLackAClass() throws {
        try withTemporaryFolder { folder in
            var files = try files(folder)
            (files.test, files.validation) = (
                nil, LabelledFiles(classes: [LabelledFiles.ClassFiles(name: "source", files: ["\(folder)/vs.npy"])])
            )
            let stamps = try StampCollection(files)
            #expect((5..<stamps.count).map(stamps.label) == [1, 1, 1, 1, 1])
        }
    }

    @Test func aColumnNamesParts() throws {
        let parts = try DataPart.parts(["train", "Validation", "TEST", "val", "training", "valid"], of: "t.csv:part")
        #expect(parts == [.training, .validation, .test, .validation, .training, .validation])
        let wrong = #expect(throws: Fault.self) { try DataPart.parts(["train", "tst"], of: "t.csv:part") }
        #expect(wrong?.subject == "t.csv:part" && wrong?.problem.contains("row 1") == true)
        let none = #expect(throws: Fault.self) { try DataPart.parts(["test", "val"], of: "t.csv:part") }
        #expect(none?.problem.contains("training") == true)
    }
}
