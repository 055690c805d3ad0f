import Faults
import FoundationEssentials
import KerasFormat
import Models
import TestSupport
import Testing

/// What is not supported is named, with what would be; what is damaged is said to be.
@Suite struct KerasRefusalTests {
    /// Models that Keras can save, and what a refusal must name: layer, option and what is supported.
    static let unsupported: [(file: String, words: [String])] = [
        ("lambda", ["code (Lambda)", "Python code", "Conv2D"]),
        ("custom-layer", ["own (Custom)", "custom object (someone>Custom)", "Conv2D"]),
        ("custom-activation", ["act (Activation)", "activation = someone>own", "leaky_relu"]),
        ("channels-first", ["conv (Conv2D)", "data_format", "channels_last"]),
        ("constraint", ["conv (Conv2D)", "kernel_constraint = MaxNorm"]),
        ("half-precision", ["conv (Conv2D)", "dtype = \"float16\"", "float32"]),
        ("recurrent", ["memory (LSTM)", "not supported", "Flatten"]),
        ("other-activation", ["conv (Conv2D)", "activation = \"sparsemax\"", "gelu"]),
        ("batch-normalization-axis", ["bn (BatchNormalization)", "axis = 1"]),
        ("renorm", ["bn (BatchNormalization)", "renorm = true"]),
        ("noise-shape", ["drop (Dropout)", "noise_shape"]),
        ("open-shape", ["stamp (InputLayer)", "batch_shape", "(None, 21, 21, 1)"]),
        ("operation", ["(Sign)", "keras.src.ops.numpy.Sign", "not supported"]),
        ("training-argument", ["drop (Dropout)", "training = true"]),
        ("three-inputs", ["3 inputs", "at most one of features"]),
        ("idle-input", ["layer table that does not lead to the output"]),
        ("features-of-two-axes", ["table (InputLayer)", "batch_shape = [null, 3, 2]", "(None, 5)"]),
        ("two-outputs", ["2 outputs"]),
    ]

    @Test(arguments: unsupported) func whatIsNotSupportedIsNamed(_ file: String, _ words: [String]) throws {
        let text = try ReferenceValues.bytes("keras_archives/refused/\(file).json")
        let fault = try fault { _ = try NetworkDescription(kerasJSON: text, from: "model.json") }
        #expect(fault.kind == .badData)
        #expect(fault.subject == "model.json")
        for word in words { #expect(fault.description.contains(word), "\(fault) does not say \(word)") }
    }

    @Test(arguments: [60, 500, 100_000]) func deepNestingIsRefused(_ depth: Int) throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            let fault = try fault { _ = try NetworkDescription(kerasJSON: text.utf8, from: "model.json") }
            #expect(fault.kind == .badData && fault.description.utf8.count < 1000)
        }
    }

    /// Changes of a good model's text, and what the refusal must name.
    static let changes: [(from: String, to: String, words: [String])] = [
        ("\"keras_history\": [\"pad\"", "\"keras_history\": [\"act\"", ["cycle"]),
        ("\"keras_history\": [\"pad\"", "\"keras_history\": [\"nobody\"", ["no layer nobody", "early"]),
        ("\"keras_history\": [\"pad\"", "\"keras_history\": [\"stamp\"", ["pad", "not lead to the output"]),
        ("\"class_name\": \"Functional\"", "\"class_name\": \"Unknown\"", ["Unknown"]),
        ("\"module\": \"keras.layers\"", "\"module\": \"os\"", ["custom object", "os"]),
        ("\"class_name\": \"Add\"", "\"class_name\": \"Dot\"", ["sum (Dot)", "not supported"]),
        ("\"filters\": 2", "\"filters\": 100000000000", ["filters", "65536"]),
        ("\"filters\": 2", "\"filters\": \"2\"", ["filters", "integer"]),
        ("\"filters\": 2", "\"filters\": 99999999999999999999", ["filters", "integer"]),
        ("\"filters\": 2", "\"filters\": 1e999", ["not the JSON text"]),
        ("\"kernel_size\": [3, 3]", "\"kernel_size\": [3]", ["kernel_size"]),
        ("\"padding\": \"same\"", "\"padding\": \"causal\"", ["padding", "valid or same"]),
        ("\"name\": \"late\", \"inbound", "\"name\": \"a/b\", \"inbound", ["proper name"]),
        ("{", "[", ["not the JSON text"]),
    ]

    @Test(arguments: changes)
    func aChangedModelIsRefused(_ from: String, _ to: String, _ words: [String]) throws {
        let text = String(decoding: try ReferenceValues.bytes("keras_archives/branches.json"), as: UTF8.self)
        let changed = text.replacing(from, with: to, maxReplacements: 1)
        try #require(changed != text)
        let fault = try fault { _ = try NetworkDescription(kerasJSON: changed.utf8, from: "model.json") }
        #expect(fault.kind == .badData)
        for word in words { #expect(fault.description.contains(word), "\(fault) does not say \(word)") }
    }

    /// A chain of 4,000 layers must not need as many frames of the stack.
    @Test func aLongGraphIsReadWithoutRecursion() throws {
        func layer(_ name: String, _ className: String, _ config: String, from input: String?) -> String {
            let tensor = input.map {
                #"{"args":[{"class_name":"__keras_tensor__","config":{"keras_history":["\#($0)",0,0]}}],"kwargs":{}}"#
            }
            return
                #"{"module":"keras.layers","class_name":"\#(className)","name":"\#(name)","config":{\#(config)},"inbound_nodes":[\#(tensor ?? "")]}"#
        }
        var layers = [layer("l0", "InputLayer", #""batch_shape":[null,2,2,1]"#, from: nil)]
        for number in 1..<4_000 { layers.append(layer("l\(number)", "Flatten", "", from: "l\(number - 1)")) }
        let json =
            #"{"module":"keras","class_name":"Functional","config":{"name":"long","layers":[\#(layers.joined(separator: ","))],"input_layers":["l0",0,0],"output_layers":["l3999",0,0]}}"#
        let description = try NetworkDescription(kerasJSON: json.utf8, from: "long.json")
        #expect(description.layers.map(\.name) == (0..<4_000).map { "l\($0)" })
    }
}

/// Archives with one fault each.
@Suite(.enabled(if: KerasArchive.isSupported)) struct KerasArchiveRefusalTests {
    static let archives: [(file: String, words: [String])] = [
        ("no-weights", ["no model.weights.h5"]),
        ("no-configuration", ["no config.json"]),
        ("weights-are-text", ["model.weights.h5", "no HDF5"]),
        ("few-bytes", ["fewer values"]),
        ("keras-4", ["4.0.0", "Keras 3"]),
        ("swollen", ["metadata.json", "claims"]),
        ("other-shape", ["out/kernel", "(2, 4)", "(4, 2)"]),
        ("half-precision", ["out/kernel", "float32"]),
        ("lost-kernel", ["lacks out/kernel"]),
        ("one-more", ["3 weights", "dense"]),
        ("soft-link", ["lacks out/kernel"]),
        ("external-link", ["lacks out/kernel"]),
        ("other-file", ["out/kernel", "another file"]),
        ("outside", ["no metadata.json"]),
        ("twice", ["two members are called config.json"]),
    ]

    @Test(arguments: archives) func aSpoiltArchiveIsRefused(_ file: String, _ words: [String]) throws {
        let path = ReferenceValues.path("keras_archives/refused/\(file).keras")
        let fault = try fault { _ = try TrainedModel(kerasArchive: path) }
        #expect(fault.kind == .badData)
        #expect(fault.subject == path)
        for word in words { #expect(fault.description.contains(word), "\(fault) does not say \(word)") }
    }

    @Test func anArchiveCutOffAnywhereIsRefused() throws {
        let folder = try TemporaryFolder()
        let whole = try ReferenceValues.bytes("keras_archives/branches.keras")
        for count in stride(from: 0, to: whole.count, by: 97) {
            let path = try folder.file("cut.keras", whole.prefix(count))
            #expect(try fault { _ = try TrainedModel(kerasArchive: path) }.kind == .badData)
        }
    }

    /// A changed byte is found by the checksums of the archive, or it stands where nothing is read.
    @Test func aChangedByteNeverGivesOtherWeights() throws {
        let folder = try TemporaryFolder()
        let whole = try ReferenceValues.bytes("keras_archives/branches.keras")
        let expected = values(try TrainedModel(kerasArchive: ReferenceValues.path("keras_archives/branches.keras")))
        for position in stride(from: 0, to: whole.count, by: 101) {
            var bytes = whole
            bytes[position] ^= 0x55
            let path = try folder.file("changed.keras", bytes)
            guard let model = try? TrainedModel(kerasArchive: path) else { continue }
            #expect(values(model) == expected, "byte \(position)")
        }
    }

    @Test func aMissingFileIsMissing() throws {
        let folder = try TemporaryFolder()
        let fault = try fault { _ = try TrainedModel(kerasArchive: folder.path("none.keras")) }
        #expect(fault.kind == .missingInput)
    }
}
