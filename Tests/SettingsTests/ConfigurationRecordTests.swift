import Faults
import Files
import FoundationEssentials
import Settings
import StampData
import TestSupport
import Testing

@Suite struct ConfigurationRecordTests {
    private func record(_ settings: TrainingSettings) -> ConfigurationRecord {
        ConfigurationRecord(
            settings: settings, findings: someFindings,
            versions: SoftwareVersions(program: "0.1.0", swift: "6.3", openBLAS: "OpenBLAS 0.3.21"),
            cpuKernelType: "SkylakeX", ranks: 2, threads: 1, memory: "8G",
            badStamps: BadStampCounts([0, 3], of: .noiseAndSource), commandLine: ["swift-run-trainer"])
    }

    private func decoded(_ json: String) throws -> ConfigurationRecord {
        try JSONDecoder().decode(ConfigurationRecord.self, from: Data(json.utf8))
    }

    @Test func theRecordIsReadBackAsItWasWritten() throws {
        let record = record(try unusualSettings().resolved(batchSize: 15, microbatch: 4, classes: 2, bits: .blas))
        #expect(try decoded(JSONFile.text(of: record)) == record)
    }

    /// The file's keys are a contract: other programs read them.
    @Test func settingsAndFindingsAreOneObject() throws {
        let settings = TrainingSettings().resolved(batchSize: 15, microbatch: 4, classes: 2, bits: .portable)
        let text = try JSONFile.text(of: record(settings)).filter { $0 != " " && $0 != "\n" }
        let network = try JSONFile.text(of: someFindings.network).filter { $0 != " " && $0 != "\n" }
        #expect(
            text
                == #"{"bad_stamps":{"noise":0,"sources":3},"command_line":["swift-run-trainer"],"#
                + #""cpu_kernel_type":"SkylakeX","memory":"8G","ranks":2,"settings":{"#
                + #""augmentation":{"contrast":0,"noise":0,"shift":0,"symmetries":false},"batch_size":15,"#
                + #""bits":"portable","checkpoint_every":"1epoch","classes":2,"data_fingerprint":"0123456789abcdef","#
                + #""decision":{"calibrate":false},"dropout":true,"epochs":10,"gradients":"float32","#
                + #""keep_checkpoints":3,"learning_rate":0.01,"microbatch":4,"microbatches":3,"model":"vgg6","#
                + #""network":\#(network),"noise":[],"noise_stamps":12,"normalize":"notebook","#
                + #""objective":{"class_weights":{"equal":{}},"label_smoothing":0},"#
                + #""optimizer":{"sgd":{"momentum":0,"nesterov":false}},"output":"run","#
                + #""regularization":{"weight_decay":0},"schedule":{"every":"0.3333333333333333","factor":0.1,"#
                + #""kind":"constant","scales_with_batch":false},"seed":0,"skip_bad":false,"source_stamps":9,"#
                + #""sources":[],"split":{"test":0.2,"training":0.7,"validation":0.1},"stamp_height":5,"#
                + #""stamp_width":5,"stopping":{},"test_stamps":4,"training_stamps":15,"validation_stamps":2},"#
                + #""threads":1,"versions":{"openblas":"OpenBLAS0.3.21","program":"0.1.0","swift":"6.3"}}"#)
    }

    /// As the first version wrote it: without schedules, augmentation, decisions and so on.
    private let old = """
        {"bad_stamps": {"noise": 0, "sources": 3}, "cpu_kernel_type": "Zen", "ranks": 1, "settings": {
        "batch_size": 32, "checkpoint_every": "1epoch", "classes": 1, "data_fingerprint": "0123456789abcdef",
        "dropout": false, "epochs": 3, "learning_rate": 0.25, "microbatch": 8, "microbatches": 4, "model": "simple",
        "network": NETWORK, "noise": ["n.npy"], "noise_stamps": 12, "normalize": "mean",
        "optimizer": {"sgd": {"momentum": 0.5, "nesterov": true}}, "output": "run-1", "seed": 4, "skip_bad": true,
        "source_stamps": 9, "sources": ["s.npy"], "split": {"test": 0.25, "training": 0.5, "validation": 0.25},
        "stamp_height": 5, "stamp_width": 5, "test_stamps": 4, "training_stamps": 15, "validation_stamps": 2},
        "threads": 2, "versions": {"openblas": "0", "program": "0", "swift": "6"}}
        """

    @Test func aFileOfAnEarlierVersionIsRead() throws {
        let record = try decoded(old.replacing("NETWORK", with: JSONFile.text(of: someFindings.network)))
        var expected = TrainingSettings()
        (expected.data.sources, expected.data.noise, expected.model, expected.epochs) = (
            ["s.npy"], ["n.npy"], "simple", 3
        )
        (expected.batchSize, expected.microbatch, expected.classes) = (.samples(32), 8, 1)
        (expected.learningRate, expected.optimizer) = (0.25, .sgd(momentum: 0.5, nesterov: true))
        (expected.split, expected.seed, expected.dropout) = (try SplitFractions(0.5, 0.25, 0.25), 4, false)
        (expected.preparation.normalization, expected.skipBad, expected.output) = (.mean, true, "run-1")
        #expect(record.settings == expected)
        #expect(record.findings.network == someFindings.network && record.findings.testStamps == 4)
        #expect(record.memory == nil && record.commandLine == nil)
    }

    @Test(arguments: ["settings.split", "settings.network", "settings.epochs", "versions"])
    func aFileWithoutWhatEveryVersionWroteIsRefused(_ key: String) throws {
        let name = try #require(key.split(separator: ".").last)
        try withTemporaryFolder { folder in
            let text = try JSONFile.text(of: record(TrainingSettings()))
            try AtomicFile.write(text.replacing("\"\(name)\" :", with: "\"other\" :"), to: "\(folder)/config.json")
            let fault = #expect(throws: Fault.self) {
                try JSONFile.read(ConfigurationRecord.self, from: "\(folder)/config.json")
            }
            #expect(fault?.kind == .badData && fault?.problem == "has no \"\(key)\"")
        }
    }
}
