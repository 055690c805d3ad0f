import FoundationEssentials
import SwiftProtobuf

extension TensorBoardSummary.Value {
    /// Makes this a message for the plugin of hyper-parameters, which keeps all that it has to say in the metadata of an
    /// empty array (`tensorboard/plugins/hparams/summary_v2.py`).
    mutating func setHyperparameters(_ name: String, _ fill: (inout TensorBoardHParamsPluginData) -> Void) {
        var data = TensorBoardHParamsPluginData()
        fill(&data)
        tag = "_hparams_/\(name)"
        metadata.pluginData.pluginName = "hparams"
        do {
            metadata.pluginData.content = try data.serializedBytes()
        } catch {
            preconditionFailure("settings larger than 2 GiB: \(error)")
        }
        tensor.dtype = .dtFloat
        tensor.tensorShape.dim = [TensorBoardTensorProto.Shape.Dim()]
    }
}

extension TensorBoardHParamsPluginData.Value {
    /// A number where the text is one, so that TensorBoard sorts and scales by it.
    init(_ text: String) {
        self.init()
        if let number = Double(text), number.isFinite {
            numberValue = number
        } else {
            stringValue = text
        }
    }
}
