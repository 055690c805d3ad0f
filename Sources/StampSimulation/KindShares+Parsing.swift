import Faults

extension KindShares {
    /// Reads weights as typed: `empty-sky=0.5,cosmic-ray=0.1`.
    ///
    /// - Parameter usual: the weights of a class of which no kind is named.
    /// - Throws: a `usage` fault for an unknown or repeated kind, a weight that is not a number of at least 0, and a
    ///   class with no weight at all.
    public init(parsing text: String, usual: [Kind: Double] = Kind.standardWeights) throws {
        var weights: [Kind: Double] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(sides[0])
            guard let kind = Kind(rawValue: name) else {
                throw Self.fault(text, name.isEmpty ? "a kind is missing" : "there is no kind \"\(name)\"")
            }
            guard sides.count == 2, let weight = Double(String(sides[1])), weight >= 0, weight <= 1e6 else {
                throw Self.fault(text, "the weight of \(name) must be a number from 0 to 1000000")
            }
            guard weights.updateValue(weight, forKey: kind) == nil else {
                throw Self.fault(text, "\(name) is named twice")
            }
        }
        for population in StampSimulator.Population.allCases {
            let named = weights.filter { $0.key.population == population }
            guard named.isEmpty || named.values.contains(where: { $0 > 0 }) else {
                throw Self.fault(text, "all weights of the class of \(population) are 0")
            }
        }
        self.init(weights, usual: usual)
    }

    private static func fault(_ text: String, _ problem: String) -> Fault {
        Fault(
            .usage, "--kinds \(text)", problem,
            remedy: "write, for instance, \(Kind.exampleOfWeights) with kinds of `simulate --help`")
    }
}
