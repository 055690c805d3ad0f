import Layers
import Tensors

/// Values set to zero at random while training. `keras.layers.Dropout`.
public struct DropoutOptions: TrainingOnlyOptions {
    /// The share of values that are set to zero.
    public var rate: Float
    /// The extents of a sample's decisions, each that of the input or 1; nil when each value has its own.
    public var noiseShape: [Int]?

    public static let storedName = "dropout"
    public static let kerasClasses = ["Dropout"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        try place.check(rate: rate)
        if let noiseShape {
            guard noiseShape.count == shape.extents.count,
                zip(noiseShape, shape.extents).allSatisfy({ $0 == 1 || $0 == $1 })
            else {
                throw place.fault(
                    "its noise has the shape \(noiseShape), and its input \(shape)",
                    remedy: "use extents of the input, or 1")
            }
        }
        return .layer(
            Dropout(
                name: place.layer, inputShape: shape, rate: rate, layerNumber: place.number,
                noiseShape: noiseShape.map { Shape($0) }))
    }

    public func withoutDropout() -> DropoutOptions { DropoutOptions(rate: 0, noiseShape: noiseShape) }
}

extension LayerKind {
    /// Values set to zero at random while training; along axes where the noise shape has extents of 1, together.
    public static func dropout(rate: Float, noiseShape: [Int]? = nil) -> LayerKind {
        LayerKind(DropoutOptions(rate: rate, noiseShape: noiseShape))
    }
}

// MARK: Keras

extension DropoutOptions {
    public init(keras options: inout KerasOptions) throws {
        options.ignore("seed")
        let noise = options.take("noise_shape")
        let extents = noise.array?.dropFirst().map(\.integer) ?? []
        // Of the samples each has decisions of its own. (Extents that are null are those of the input.)
        guard noise.isNull || (noise.array?.first?.isNull == true && !extents.contains { $0.map { $0 < 1 } ?? true })
        else {
            throw options.unsupported(
                "noise_shape", noise, supported: "null, or null for the samples and an extent for each other axis")
        }
        self.init(rate: try options.number("rate"), noiseShape: noise.isNull ? nil : extents.compactMap { $0 })
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        [
            "rate": .number(shortest: rate), "seed": .null,
            "noise_shape": noiseShape.map { .array([.null] + $0.map { .integer($0) }) } ?? .null,
        ]
    }
}
