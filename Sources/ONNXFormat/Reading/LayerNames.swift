/// Names of layers, after those of a graph's nodes and weights: each stands once, and files may have all of them.
struct LayerNames {
    private var taken: Set<String> = []
    /// The last number behind names that were asked for several times.
    private var numbers: [String: Int] = [:]

    /// Endings of parameters' names, as the exporters of PyTorch, TensorFlow and this program write them.
    private static let parameters: Set<String> = [
        "weight", "bias", "kernel", "gamma", "beta", "moving_mean", "moving_variance", "running_mean", "running_var",
        "alpha", "depthwise_kernel", "pointwise_kernel",
    ]

    mutating func name(of input: GraphInput) -> String { unique(Self.valid([input.name])) }

    /// The name of a layer that a node, and perhaps a weight, is called after.
    mutating func name(of node: GraphNode, weight: String?) -> String {
        let operation = node.proto.opType.lowercased()
        let name = weight.flatMap(Self.owner) ?? Self.base(node)
        guard taken.contains(name) else { return unique(name) }
        return unique(name.hasSuffix(operation) ? name : "\(name)_\(operation)")
    }

    /// The name of a layer that moves values for a node.
    mutating func move(_ node: GraphNode) -> String { unique("\(Self.base(node))_order") }

    /// `layer1.0.conv1` of `layer1.0.conv1.weight`; nil for names of other kinds.
    private static func owner(_ weight: String) -> String? {
        let parts = weight.split { $0 == "/" || $0 == "." }
        guard parts.count > 1, let last = parts.last, parameters.contains(String(last)) else { return nil }
        let name = valid(parts.dropLast().map(String.init))
        return name.isEmpty ? nil : name
    }

    /// `conv1` of `/conv1/Conv` or `conv1/Conv_1`.
    private static func base(_ node: GraphNode) -> String {
        var parts = node.proto.name.split(separator: "/").map(String.init)
        if parts.count > 1, let last = parts.last, withoutNumber(last) == node.proto.opType { parts.removeLast() }
        let name = valid(parts)
        return name.isEmpty ? node.proto.opType.lowercased() : name
    }

    private static func withoutNumber(_ text: String) -> Substring {
        guard let line = text.lastIndex(of: "_"), text[text.index(after: line)...].allSatisfy(\.isNumber) else {
            return text[...]
        }
        return text[..<line]
    }

    /// Parts of a name, one after another, of letters, digits and a few marks.
    private static func valid(_ parts: [String]) -> String {
        let scalars = parts.joined(separator: ".").unicodeScalars.prefix(mostCharacters)
        return String(
            String.UnicodeScalarView(
                scalars.map {
                    $0.isASCII && ($0.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains($0)) ? $0 : "_"
                }))
    }

    private static let mostCharacters = 160

    private mutating func unique(_ name: String) -> String {
        let name = name.isEmpty ? "layer" : name
        var candidate = name
        while !taken.insert(candidate).inserted {
            numbers[name, default: 0] += 1
            candidate = "\(name)_\(numbers[name, default: 0])"
        }
        return candidate
    }
}
