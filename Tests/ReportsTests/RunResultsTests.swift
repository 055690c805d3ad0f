import Faults
import Files
import FoundationEssentials
import Metrics
import Reports
import RunRecords
import StampFormats
import TestSupport
import Testing

@Suite struct RunResultsTests {
    private let run = MadeUpRun(probabilities: [(0, 0.25), (14, 0.75)])

    @Test func aRunIsReadBack() throws {
        try withTemporaryFolder { folder in
            let results = try RunResults.read(run.write(into: folder))
            #expect(results.notes.isEmpty)
            #expect(results.history.map(\.loss) == [0.7, 0.5])
            #expect(results.metrics?.samples == 2)
            let samples = [
                ScoredSample(index: 0, trueClass: 0, score: 0.25), ScoredSample(index: 14, trueClass: 1, score: 0.75),
            ]
            #expect(results.testSet == .two(samples))
            #expect(results.model?.network.description == results.configuration.findings.network)
            #expect(results.stamps?.count == 21)
            let ratios = try #require(results.signalToNoise)
            #expect(ratios.count == 21 && ratios[..<12].allSatisfy(\.isNaN))
            #expect(ratios[12...].elementsEqual((0..<9).map { Double($0) + 3 }))
        }
    }

    @Test func aFolderWithoutARunIsRefused() throws {
        try withTemporaryFolder { folder in
            let fault = #expect(throws: Fault.self) { try RunResults.read(RunFolder(folder)) }
            #expect(fault?.kind == .missingInput && fault?.subject == folder)
        }
    }

    @Test func stampsThatAreGoneOrOthersAreLeftOutWithANote() throws {
        try withTemporaryFolder { folder in
            let runFolder = try run.write(into: folder)
            let sources = "\(folder)/data/stamps_sources.npy"
            // One pixel of one stamp.
            var bytes = try FileAccess.read(sources)
            bytes[bytes.count - 1] ^= 1
            try Data(bytes).write(to: URL(filePath: sources))
            let changed = try RunResults.read(runFolder)
            #expect(changed.stamps == nil && changed.signalToNoise == nil)
            #expect(changed.notes.count == 1 && changed.notes[0].contains("not those that the run was made with"))
            try FileAccess.remove(sources)
            let gone = try RunResults.read(runFolder)
            #expect(gone.stamps == nil && gone.notes.count == 1 && gone.notes[0].contains(sources))
        }
    }

    @Test func signalToNoiseThatDoesNotFitIsLeftOutWithANote() throws {
        try withTemporaryFolder { folder in
            let runFolder = try run.write(into: folder)
            try NpyFile.write(floats: [1, 2], shape: [2], to: "\(folder)/data/snr_sources.npy")
            let results = try RunResults.read(runFolder)
            #expect(results.stamps != nil && results.signalToNoise == nil)
            #expect(results.notes.count == 1 && results.notes[0].contains("2 values for the 9 stamps"))
        }
    }

    @Test func aMissingModelIsANote() throws {
        try withTemporaryFolder { folder in
            let runFolder = try run.write(into: folder)
            try FileAccess.remove(runFolder.model)
            let results = try RunResults.read(runFolder)
            #expect(results.model == nil && results.notes.count == 1)
        }
    }
}
