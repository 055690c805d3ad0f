import Faults

/// Where in a Keras file something stands, so that every fault names file and layer.
public struct KerasPlace: Sendable {
    /// The file's path.
    public let file: String
    /// The layer's name and class, for instance `conv1 (Conv2D)`.
    public private(set) var layer: String?

    /// The place of a whole file.
    public init(file: String) { self.file = file }

    /// The place of one layer in the file.
    public func layer(_ name: String, _ className: String) -> KerasPlace {
        var place = self
        place.layer = "\(name) (\(className))"
        return place
    }

    /// A fault at this place.
    public func fault(_ problem: String, remedy: String) -> Fault {
        Fault(.badData, file, (layer.map { "layer \($0) " } ?? "") + problem, remedy: remedy)
    }

    /// A fault of a file that says something that Keras does not write.
    public func damaged(_ problem: String) -> Fault {
        fault(problem, remedy: "save the model again with Keras 3: model.save or model.to_json")
    }
}
