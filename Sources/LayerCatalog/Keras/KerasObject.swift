import Faults

/// One serialised Keras object: `{"module": …, "class_name": …, "config": {…}, "registered_name": …}`.
///
/// A file names classes only; none of them is ever looked up in order to be run. Whatever does not belong to Keras
/// itself is refused here.
public struct KerasObject {
    /// The Python module of the class, for instance `keras.layers`.
    public let module: String
    /// The name of the class, for instance `Conv2D`.
    public let className: String
    /// What the class was made with.
    public let config: [String: JSONValue]
    /// The members beside those above: `name`, `inbound_nodes`, `build_config`.
    public let members: [String: JSONValue]

    /// Reads an object that must be Keras' own.
    ///
    /// - Throws: a `badData` fault for something else, an object of an older Keras, and one whose code is not Keras'.
    public init(_ value: JSONValue, at place: KerasPlace) throws {
        guard let members = value.object, let className = members["class_name"]?.string else {
            throw place.damaged("has \(value.summary) in the place of a layer or model")
        }
        let name = members["config"]?.object?["name"]?.string ?? members["name"]?.string ?? "without a name"
        let place = place.layer(name, className)
        guard let config = members["config"]?.object, let module = members["module"] else {
            throw place.fault("is not in the format of Keras 3", remedy: "load the model in Keras 3 and save it again")
        }
        guard let module = module.string, module == "keras" || module.hasPrefix("keras."),
            Self.isKerasName(members["registered_name"], className)
        else {
            let owner = members["registered_name"]?.string ?? module.string ?? "no module"
            throw place.fault(
                "is a custom object (\(owner)), whose code is not in the file",
                remedy: "use Keras' own layers: \(LayerCatalog.kerasClasses)")
        }
        self.module = module
        self.className = className
        self.config = config
        self.members = members
    }

    /// Keras writes null for its own classes, and in some versions the class's name.
    private static func isKerasName(_ registered: JSONValue?, _ className: String) -> Bool {
        guard let registered, !registered.isNull else { return true }
        return registered.string == className
    }

    /// Whether members that describe an object which is no layer, an initialiser or a regulariser, are of Keras' own.
    static func isOwn(_ members: [String: JSONValue]) -> Bool {
        let isFromKeras = members["module"]?.string.map { $0 == "builtins" || $0.contains("keras") } ?? true
        return isFromKeras && isKerasName(members["registered_name"], members["class_name"]?.string ?? "")
    }

    /// Whether this is a model rather than a layer.
    public var isModel: Bool { Self.modelClasses.contains(className) && module != "keras.layers" }

    /// The classes of models that are data alone.
    public static let modelClasses = ["Sequential", "Functional", "Model"]

    /// The name that other layers call it by.
    public var name: String? { members["name"]?.string ?? config["name"]?.string }

    /// The number of axes of the layer's inputs, the batch's included; 4 for maps where the file does not say.
    var inputRank: Int {
        let shape = members["build_config"]?.object?["input_shape"]?.array ?? []
        return (shape.first?.array ?? shape).isEmpty ? 4 : (shape.first?.array ?? shape).count
    }
}
