import LayerCatalog
import Models

/// Layers by name, put in the order in which Keras keeps those of a functional model.
///
/// Keras names a layer's weights in a file by its class and by how many of that class come before it in this order.
/// Source: `map_graph` in keras/src/ops/function.py: by decreasing distance from the output (the longest way),
/// and at the same distance as a depth-first search from the output meets them.
struct KerasGraph {
    private let layers: [String: LayerDescription]
    private let place: KerasPlace
    /// Layers in the order in which the search meets them.
    private var met: [String] = []
    /// Layers in an order in which inputs come before their users.
    private var finished: [String] = []

    /// What a search has to come back to: a layer and the first of its inputs that is not looked at yet.
    private struct Visit {
        let layer: LayerDescription
        var nextInput = 0
    }

    /// Sorts `layers`, all of which must lead to `output`.
    ///
    /// - Throws: a `badData` fault for a cycle, a layer that does not exist and a layer that leads nowhere.
    static func sorted(_ layers: [LayerDescription], output: String, at place: KerasPlace) throws -> [LayerDescription]
    {
        var byName: [String: LayerDescription] = [:]
        for layer in layers where byName.updateValue(layer, forKey: layer.name) != nil {
            throw place.damaged("has two layers called \(layer.name)")
        }
        var graph = KerasGraph(layers: byName, place: place)
        try graph.search(from: output)
        if graph.met.count < layers.count {
            let met = Set(graph.met)
            let idle = layers.first { !met.contains($0.name) }!
            throw place.fault("has a layer \(idle.name) that does not lead to the output", remedy: "leave it out")
        }
        return graph.byDistance()
    }

    private init(layers: [String: LayerDescription], place: KerasPlace) {
        self.layers = layers
        self.place = place
    }

    private func layer(_ name: String, for user: String) throws -> LayerDescription {
        guard let layer = layers[name] else { throw place.damaged("has no layer \(name), which feeds \(user)") }
        return layer
    }

    /// A depth-first search without recursion: a file may hold a chain of any length.
    private mutating func search(from output: String) throws {
        var isOpen: [String: Bool] = [output: true]
        met = [output]
        var visits = [Visit(layer: try layer(output, for: "the output"))]
        while let visit = visits.last {
            guard visit.nextInput < visit.layer.inputs.count else {
                isOpen[visit.layer.name] = false
                finished.append(visit.layer.name)
                visits.removeLast()
                continue
            }
            visits[visits.count - 1].nextInput += 1
            let input = try layer(visit.layer.inputs[visit.nextInput], for: visit.layer.name)
            switch isOpen[input.name] {
            case nil:
                isOpen[input.name] = true
                met.append(input.name)
                visits.append(Visit(layer: input))
            case true?:
                throw place.fault("has a cycle through layer \(input.name)", remedy: "feed layers forward only")
            case false?: continue
            }
        }
    }

    /// Calls by distance. A layer that is called several times counts as far as its farthest call, and comes where the
    /// search meets its first.
    private func byDistance() -> [LayerDescription] {
        var distances: [String: Int] = [:]
        var layerDistances: [String: Int] = [:]
        for name in finished.reversed() {
            let owner = layers[name]!.parameterOwner
            let distance = max(distances[name, default: 0], layerDistances[owner, default: 0])
            (distances[name], layerDistances[owner]) = (distance, distance)
            for input in layers[name]!.inputs { distances[input] = max(distances[input, default: 0], distance + 1) }
        }
        var whenMet: [String: Int] = [:]
        for name in met where whenMet[layers[name]!.parameterOwner] == nil {
            whenMet[layers[name]!.parameterOwner] = whenMet.count
        }
        return met.enumerated()
            .map { order, name in
                let layer = layers[name]!
                return (place: (-distances[name, default: 0], whenMet[layer.parameterOwner]!, order), layer: layer)
            }
            .sorted { $0.place < $1.place }
            .map(\.layer)
    }
}
