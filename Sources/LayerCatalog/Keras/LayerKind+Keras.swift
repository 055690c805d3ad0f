import Faults

extension LayerKind {
    /// Reads one layer with all its options.
    ///
    /// - Throws: a `badData` fault that names layer and option, and what is supported.
    public static func read(
        keras object: KerasObject, at place: KerasPlace
    ) throws -> (kind: LayerKind, parameters: ParameterOptions) {
        let listed = LayerCatalog.kind(ofKerasClass: object.className, in: object.module)
        guard object.module == "keras.layers" || listed != nil || object.isOperator else {
            let problem =
                object.isModel
                ? "is a model inside the model" : "is \(object.module).\(object.className), which is no layer"
            throw place.fault(
                "\(problem), which is not supported",
                remedy: "put single layers in its place: \(LayerCatalog.kerasClasses)")
        }
        var options = KerasOptions(object, at: place)
        // Descriptions of networks have them.
        options.ignore("name", "trainable")
        try options.requireSinglePrecision()
        if object.isOperator {
            options.ignore("trainable")
            guard let kind = try LayerKind(kerasOperator: &options) else {
                throw place.fault(
                    "is the operator \(object.module).\(object.className), which is not supported",
                    remedy: "use arithmetic, activations, or single layers: \(LayerCatalog.kerasClasses)")
            }
            try options.finish()
            return (kind, ParameterOptions())
        }
        guard let listed else { throw unknown(object.className, at: place) }
        let parameters = ParameterOptions(keras: &options, of: listed)
        func kind(_ listed: (some LayerOptions).Type) throws -> LayerKind {
            LayerKind(try listed.init(keras: &options))
        }
        let kind = try kind(listed)
        try options.finish()
        return (kind, parameters)
    }

    private static func unknown(_ className: String, at place: KerasPlace) -> Fault {
        className == "Lambda"
            ? place.fault(
                "holds Python code, which is never run", remedy: "use Keras' own layers: \(LayerCatalog.kerasClasses)")
            : place.fault("is not supported", remedy: "supported: \(LayerCatalog.kerasClasses)")
    }
}
