import LayerCatalog

/// A layer of a Keras model, or a model in the place of one, as Keras keeps its weights: before models inside were
/// written out and layers that are called twice were doubled.
struct KerasMember {
    /// What a member is.
    enum Contents {
        /// A layer; the name that it has once all is written out.
        case layer(String)
        /// A model with members of its own.
        case model([KerasMember])
    }

    /// The name in the model that it belongs to.
    let name: String
    let className: String
    /// Whether an optimizer may change it.
    let isTrainable: Bool
    let contents: Contents

    /// The name of a layer once all is written out.
    var writtenOutName: String {
        switch contents {
        case .layer(let name): name
        case .model: name
        }
    }

    /// The layers in it, those of models inside included, in their order.
    var layers: [KerasMember] {
        switch contents {
        case .layer: [self]
        case .model(let members): members.flatMap(\.layers)
        }
    }
}

/// Where the weights of a layer stand in `model.weights.h5`: a class and a running number of that class for each model
/// around it and for itself.
struct KerasLayerGroup {
    /// The name of the layer once all is written out.
    let layer: String
    /// The names of groups, from the file's root to the one with `vars`.
    let path: [String]

    /// The groups of all layers, in Keras' order.
    ///
    /// - Parameter hasWeights: whether the layer that has this name once all is written out has weights.
    static func all(
        of members: [KerasMember], _ layout: KerasWeightsLayout, in container: [String] = [],
        hasWeights: (String) -> Bool
    ) -> [KerasLayerGroup] {
        var counts: [String: Int] = [:]
        return members.flatMap { member -> [KerasLayerGroup] in
            let group = KerasVariables.groupName(ofClass: member.className)
            let number = counts[group, default: 0]
            let standsTwice =
                layout.countsWeightsTwice && member.layers.contains { hasWeights($0.writtenOutName) }
            counts[group] = number + (standsTwice ? 2 : 1)
            let path = container + [layout.container, number == 0 ? group : "\(group)_\(number)"]
            switch member.contents {
            case .layer(let name): return [KerasLayerGroup(layer: name, path: path)]
            case .model(let members): return all(of: members, layout, in: path, hasWeights: hasWeights)
            }
        }
    }
}

/// How Keras calls the groups of layers in `model.weights.h5`.
///
/// Source: `_walk_trackable` and `_save_container_state` in saving_lib.py of Keras 2.12 to 3: the first of a model's
/// attributes that has its layers gives the name.
enum KerasWeightsLayout {
    /// Since Keras 2.15.
    case layers
    /// Until Keras 2.14.
    case dependencies
    /// Until Keras 2.13: layers with weights stand in the attribute twice, and count twice.
    case dependenciesTwice

    /// - Parameter version: of Keras, as the file says it.
    init(version: String) {
        let parts = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
        switch (parts.first ?? 3, parts.dropFirst().first ?? 0) {
        case (2, ...13): self = .dependenciesTwice
        case (2, 14): self = .dependencies
        default: self = .layers
        }
    }

    /// The name of the group that holds the layers of a model.
    var container: String { self == .layers ? "layers" : "_layer_checkpoint_dependencies" }
    /// Whether a layer with weights takes two of its class's numbers.
    var countsWeightsTwice: Bool { self == .dependenciesTwice }
}
