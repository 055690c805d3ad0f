import KerasFormat
import Models
import TestSupport
import Testing

private let python = Python(having: "keras", "tensorflow")

/// Keras itself, where it is installed.
@Suite(.enabled(if: KerasArchive.isSupported && python != nil, "no Python has keras and tensorflow"))
struct KerasOpeningTests {
    /// Same layers, same weights, same predictions as the files that Keras wrote.
    @Test func kerasOpensWhatIsWritten() throws {
        let folder = try TemporaryFolder()
        let names = ["chain", "branches", "features", "elements-13x12x2", "convolutions", "regularized-13x12"]
        let pairs = try names.flatMap { name in
            let original = ReferenceValues.path("keras_archives/\(name).keras")
            let written = folder.path("\(name).keras")
            try KerasArchive.write(try TrainedModel(kerasArchive: original), to: written)
            return [original, written]
        }
        try #require(python).output(ofScript: "compare_keras_archives.py", pairs)
    }

    /// A network built here, whose layers are not in Keras' order, and its text alone.
    @Test func kerasReadsTheTextOfANetworkBuiltHere() throws {
        let folder = try TemporaryFolder()
        for network in StandardNetwork.allCases {
            for features in [0, 7] {
                let description = network.description(height: 21, width: 21, features: features, classes: 2)
                _ = try folder.file("\(network.rawValue)-\(features).json", description.kerasJSON().utf8)
            }
        }
        let program = """
            import sys, pathlib, keras
            for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
                print(path.stem, keras.models.model_from_json(path.read_text()).count_params())
            """
        let outcome = try #require(python).run(["-c", program, folder.path])
        for count in [
            "resnet50-0 23585538", "simple-0 27452", "vgg6-0 25458", "vgg6-7 27250", "simple-7 27466",
            "vgg6-wide-0 98146",
        ] {
            #expect(outcome.standardOutput.contains(count), "\(outcome.standardError)")
        }
    }
}
