import Communication
import EngineTestSupport
import Faults
import FoundationEssentials
import Settings
import TestSupport
import Testing
import Training

/// A program that uses the library is refused what the command line refuses, before anything is made.
@Suite struct RefusalTests {
    private let folder: TemporaryFolder
    private let settings: TrainingSettings

    init() throws {
        folder = try TemporaryFolder()
        settings = try .onAll(LabelledPixels(count: 12, seed: 1), in: folder)
    }

    @Test func aRunWithAWrongSettingIsRefused() {
        var settings = settings
        settings.epochs = 0
        let fault = #expect(throws: AgreedFault.self) { try settings.run() }
        #expect(fault?.fault.kind == .usage && fault?.fault.subject == "--epochs 0")
        #expect(!FileManager.default.fileExists(atPath: settings.output))
    }

    @Test(arguments: [(members: 0, batch: 1, "--members 0"), (2, 0, "--batch-size 0")])
    func anEnsembleWithAWrongSettingIsRefused(members: Int, batch: Int, subject: String) {
        var settings = settings
        settings.batchSize = .samples(batch)
        let ensemble = EnsembleRun(
            settings, series: .members(members), programVersion: "test", group: SingleProcess(), environment: [:],
            logger: silent)
        let fault = #expect(throws: AgreedFault.self) { try ensemble.run { _, _ in } }
        #expect(fault?.fault.subject == subject && !FileManager.default.fileExists(atPath: settings.output))
    }
}
