import Foundation
import KerasFormat
import Models
import TestSupport
import Testing

/// Keras itself, where it is installed: SWIFT_RUN_TRAINER_PYTHON names a Python that has it.
enum Python {
    /// The first Python that finds Keras and TensorFlow.
    static let withKeras: String? = {
        let environment = ProcessInfo.processInfo.environment
        let candidates = [environment["SWIFT_RUN_TRAINER_PYTHON"], "python3"]
        let question =
            "import importlib.util as u, sys; sys.exit(not (u.find_spec('keras') and u.find_spec('tensorflow')))"
        return candidates.compactMap(\.self).first { (try? run($0, ["-c", question]))?.status == 0 }
    }()

    /// Runs a Python program and returns its exit code and what it said on standard output and standard error.
    static func run(_ python: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python] + arguments
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}

@Suite(.enabled(if: KerasArchive.isSupported && Python.withKeras != nil)) struct KerasOpeningTests {
    /// Same layers, same weights, same predictions as the files that Keras wrote.
    @Test func kerasOpensWhatIsWritten() throws {
        let folder = try TemporaryFolder()
        let pairs = try ["chain", "branches"].flatMap { name in
            let original = Reference.path("\(name).keras")
            let written = folder.path("\(name).keras")
            try KerasArchive.write(try TrainedModel(kerasArchive: original), to: written)
            return [original, written]
        }
        let script = Reference.path("../compare_keras_archives.py")
        let outcome = try Python.run(try #require(Python.withKeras), [script] + pairs)
        #expect(outcome.status == 0, "\(outcome.text)")
    }

    /// A network built here, whose layers are not in Keras' order, and its text alone.
    @Test func kerasReadsTheTextOfANetworkBuiltHere() throws {
        let folder = try TemporaryFolder()
        for network in StandardNetwork.allCases {
            let json = try network.description(height: 21, width: 21, classes: 2).kerasJSON()
            _ = try folder.file("\(network.rawValue).json", json.utf8)
        }
        let program = """
            import sys, pathlib, keras
            for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
                print(path.stem, keras.models.model_from_json(path.read_text()).count_params())
            """
        let outcome = try Python.run(try #require(Python.withKeras), ["-c", program, folder.path])
        for count in ["resnet50 23585538", "simple 27452", "vgg6 25458"] {
            #expect(outcome.text.contains(count), "\(outcome.text)")
        }
    }
}
