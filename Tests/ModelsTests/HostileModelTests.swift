import Faults
import Files
import FoundationEssentials
import LayerCatalog
import Layers
import Models
import Preparation
import Tensors
import TestSupport
import Testing

/// What a model file says is data: sizes are checked before memory is asked for, names name nothing outside the file.
@Suite struct HostileModelTests {
    private func network(units: String, slope: String = "0.5") -> String {
        """
        {"name":"n","layers":[{"name":"i","kind":{"input":{"shape":[2,2,1]}},"inputs":[]},\
        {"name":"f","kind":{"flatten":{}},"inputs":["i"]},{"name":"h","kind":{"dense":{"units":\(units),\
        "activation":{"leakyReLU":{"slope":\(slope)}},"useBias":false}},"inputs":["f"]},{"name":"d","kind":{"dense":\
        {"units":2,"activation":{"softmax":{}},"useBias":false}},"inputs":["h"]}]}
        """
    }

    @Test(arguments: [
        ("100000000", "0.5"), ("1099511627776", "0.5"), ("9223372036854775807", "0.5"),
        ("99999999999999999999", "0.5"), ("1e999", "0.5"), ("-1", "0.5"), ("3", "1e999"), ("3", "1e39"),
    ])
    func claimsOfANetworkAreRefused(_ units: String, _ slope: String) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/model.safetensors"
            try SafetensorsFile.write(
                [NamedTensor(name: "h/kernel", shape: [4, 3], values: [Float](repeating: 0, count: 12))],
                metadata: ["network": network(units: units, slope: slope)], to: path)
            let fault = #expect(throws: Fault.self) { _ = try TrainedModel(contentsOf: path) }
            #expect(fault?.kind == .badData)
        }
    }

    @Test func namesOfLayersLeadNowhere() throws {
        try withTemporaryFolder { folder in
            let name = "../../\(UUID().uuidString)"
            let network = try Network(
                NetworkDescription(
                    name: name,
                    sequence: [
                        ("i", .input(shape: [2, 2, 1])), ("f", .flatten),
                        (name, .dense(units: 2, activation: .softmax)),
                    ]))
            let path = "\(folder)/a/b/model.safetensors"
            try FileManager.default.createDirectory(atPath: "\(folder)/a/b", withIntermediateDirectories: true)
            try TrainedModel(
                network: network, weights: network.initialWeights(seed: 1), preparation: StampPreparation(.mean)
            )
            .write(to: path)
            #expect(
                try TrainedModel(contentsOf: path).network.parameters.map(\.name) == ["\(name)/kernel", "\(name)/bias"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/a/b") == ["model.safetensors"])
        }
    }
}
