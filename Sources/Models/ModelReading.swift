/// How a file of a model is read.
public struct ModelReading {
    /// Whether a network that ends without softmax or sigmoid gives the logits of one.
    public var fromLogits: Bool
    /// Takes what a user should know of the file.
    public var warn: (String) -> Void

    public init(fromLogits: Bool = false, warn: @escaping (String) -> Void = { _ in }) {
        (self.fromLogits, self.warn) = (fromLogits, warn)
    }
}
