import LayerCatalog

/// A graph that notes what is added to it.
struct RecordedGraph: ONNXGraph {
    /// Operators with the names of their inputs.
    private(set) var operators: [(type: String, inputs: [String])] = []
    private(set) var attributes: [[ONNXAttribute]] = []
    /// Everything that an operator may take.
    private(set) var names: Set<String>
    /// Values of constants by name; integers too.
    private(set) var constants: [String: [Float]] = [:]

    init(inputs: [String]) { names = Set(inputs) }

    mutating func append(
        _ type: String, _ inputs: [String], _ attributes: [ONNXAttribute], in scope: String
    ) -> String {
        operators.append((type, inputs))
        self.attributes.append(attributes)
        return added("\(scope)/\(type)\(operators.count)")
    }

    mutating func constant(_ name: String, shape: [Int], _ values: [Float]) -> String {
        constants[name] = values
        return added(name)
    }

    mutating func constant(_ name: String, integers: [Int]) -> String {
        constants[name] = integers.map(Float.init)
        return added(name)
    }

    private mutating func added(_ name: String) -> String {
        names.insert(name)
        return name
    }
}
