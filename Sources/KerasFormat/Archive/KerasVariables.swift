import LayerCatalog
import Models

/// Where a layer's weights stand in `model.weights.h5`.
///
/// Keras names the group of a layer by its class and a running number of that class, never by the layer's name, and the
/// weights in it 0, 1, 2 … in the order of the layer's variables: first the trained ones.
/// Source: `_save_container_state` in keras/src/saving/saving_lib.py.
struct KerasVariables {
    /// `conv2d`, `conv2d_1`, … in the group `layers`.
    let group: String
    /// The parameters in the order of their numbers.
    let parameters: [Network.Parameter]

    /// The groups of all layers that have weights, in Keras' order.
    static func all(of network: Network) throws -> [KerasVariables] {
        let byName = Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0) })
        var counts: [String: Int] = [:]
        var variables: [KerasVariables] = []
        for layer in try network.description.layersInKerasOrder() {
            let names = layer.kind.entry.kerasVariables
            if names.isEmpty { continue }
            let group = groupName(ofClass: layer.kind.options.kerasClass)
            let number = counts[group, default: 0]
            counts[group] = number + 1
            variables.append(
                KerasVariables(
                    group: number == 0 ? group : "\(group)_\(number)",
                    parameters: names.compactMap { byName["\(layer.name)/\($0)"] }))
        }
        precondition(
            variables.reduce(0) { $0 + $1.parameters.count } == network.parameters.count, "a parameter has no place")
        return variables
    }

    /// A class's name as Keras writes groups: `BatchNormalization` as `batch_normalization`, `Conv2D` as `conv2d`.
    ///
    /// Source: `to_snake_case` in keras/src/utils/naming.py: a word begins with a capital behind or before a small
    /// letter.
    static func groupName(ofClass name: String) -> String {
        let letters = Array(name.unicodeScalars)
        func isSmall(_ index: Int) -> Bool { letters.indices.contains(index) && ("a"..."z").contains(letters[index]) }
        var group = ""
        for (index, letter) in letters.enumerated() {
            if index > 0, ("A"..."Z").contains(letter), isSmall(index - 1) || isSmall(index + 1) { group += "_" }
            group += letter.properties.lowercaseMapping
        }
        return group
    }
}
