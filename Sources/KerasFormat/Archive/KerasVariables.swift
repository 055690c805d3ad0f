import LayerCatalog
import Models

/// Where a layer's weights stand in `model.weights.h5`.
///
/// Keras names the group of a layer by its class and a running number of that class, never by the layer's name, and the
/// weights in its group `vars` 0, 1, 2 … in the order of the layer's variables: first the trained ones.
/// Source: `_save_container_state` in keras/src/saving/saving_lib.py.
struct KerasVariables {
    /// The names of groups from the file's root: `layers`, `conv2d_1`, and for a layer of a model inside the groups of
    /// that before them.
    let path: [String]
    /// The parameters in the order of their numbers.
    let parameters: [Network.Parameter]

    /// The groups of all layers that have weights, in Keras' order.
    static func all(
        of network: Network, _ model: KerasModel, _ layout: KerasWeightsLayout = .layers
    ) throws -> [KerasVariables] {
        let byOwner = network.kerasParameters
        let groups = KerasLayerGroup.all(of: model.members, layout) { byOwner[$0]?.isEmpty == false }
        let variables = groups.compactMap { group -> KerasVariables? in
            guard let parameters = byOwner[group.layer], !parameters.isEmpty else { return nil }
            return KerasVariables(path: group.path, parameters: parameters)
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

extension Network {
    /// The parameters of each layer that has some, in the order of Keras' variables.
    var kerasParameters: [String: [Parameter]] {
        let byName = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
        return Dictionary(
            uniqueKeysWithValues: description.layers.filter { $0.sharedWith == nil }.map { layer in
                (layer.name, layer.kind.entry.kerasVariables.compactMap { byName["\(layer.name)/\($0)"] })
            })
    }
}
