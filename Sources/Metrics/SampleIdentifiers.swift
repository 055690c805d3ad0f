/// What a user calls samples: a text for each. Samples may share one, as an object that was seen twice does.
public struct SampleIdentifiers: Hashable, Sendable {
    /// In rising order; nil where the texts are those of all samples, by their indices.
    private let indices: [Int]?
    private let texts: [String]

    /// - Parameter texts: of all samples, by their indices.
    public init(_ texts: [String]) { (indices, self.texts) = (nil, texts) }

    /// - Parameters:
    ///   - texts: of some samples.
    ///   - indices: theirs, in rising order.
    public init(_ texts: [String], of indices: [Int]) {
        precondition(texts.count == indices.count && zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 })
        (self.indices, self.texts) = (indices, texts)
    }

    /// Those of several sets that have no sample in common.
    ///
    /// - Parameter sets: each with the samples' indices.
    public init(joining sets: [(identifiers: SampleIdentifiers, indices: [Int])]) {
        let all = sets.flatMap { set in set.indices.map { (index: $0, text: set.identifiers[$0]) } }
            .sorted { $0.index < $1.index }
        self.init(all.map(\.text), of: all.map(\.index))
    }

    /// What a sample is called.
    ///
    /// - Parameter index: of a sample that has a text.
    public subscript(index: Int) -> String {
        guard let indices else { return texts[index] }
        var (low, high) = (0, indices.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if indices[middle] <= index { low = middle } else { high = middle }
        }
        precondition(low < high && indices[low] == index, "sample \(index) has no identifier")
        return texts[low]
    }
}
