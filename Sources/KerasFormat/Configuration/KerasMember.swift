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
    /// Source: `_save_container_state` in keras/src/saving/saving_lib.py.
    static func all(of members: [KerasMember], in container: [String] = []) -> [KerasLayerGroup] {
        var counts: [String: Int] = [:]
        return members.flatMap { member -> [KerasLayerGroup] in
            let group = KerasVariables.groupName(ofClass: member.className)
            let number = counts[group, default: 0]
            counts[group] = number + 1
            let path = container + ["layers", number == 0 ? group : "\(group)_\(number)"]
            switch member.contents {
            case .layer(let name): return [KerasLayerGroup(layer: name, path: path)]
            case .model(let members): return all(of: members, in: path)
            }
        }
    }
}
