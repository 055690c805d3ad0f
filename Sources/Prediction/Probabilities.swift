import Engine
import Faults
import Metrics
import Models
import StampData

/// The probabilities of some stamps.
struct Probabilities {
    /// (stamps, outputs), row by row; NaN for stamps that cannot be used.
    let values: [Float]
    /// For each the standard deviation over all looks at the stamp by all models (`numpy.std`); nil if not wanted.
    let spread: [Float]?
}

extension Prediction {
    /// Refuses to measure how far looks are apart where there is only one.
    ///
    /// - Throws: `Fault(.usage)`.
    func checkSpread(_ option: String?) throws {
        guard let option, members.count == 1, !passes.areSeveral else { return }
        throw Fault(
            .usage, "--spread \(option)", "needs more than one look at each stamp",
            remedy: "add --dropout-passes or --augment-passes, or name several models")
    }

    /// What all models say of all stamps, on rank 0; nil elsewhere. Collective.
    ///
    /// Each model's probabilities are averaged over its passes and, within each, over the symmetries, in this order; the
    /// models' means are combined in their order. Stamps are read anew for each look, so that one chunk of each lane is
    /// in memory at a time.
    ///
    /// - Parameters:
    ///   - numbers: of the stamps that are looked at; nil for all.
    ///   - withSpread: whether the standard deviation over all looks is wanted.
    func probabilities(
        _ stamps: StampCollection, _ features: [StampFeatures?], of numbers: [Int]? = nil, withSpread: Bool
    ) throws -> Probabilities? {
        let team = try team()
        defer { team.finish() }
        let readers = try zip(readers(stamps), features).map { $0.adding($1) }
        var spread = withSpread ? DeviationSums() : nil
        // On rank 0 alone.
        var means: [[Double]] = []
        for (number, (member, reader)) in zip(members, readers).enumerated() {
            let network = member.model.network
            let inference = Inference(
                network: network, weights: member.model.weights, drawsAtRandom: passes.dropout != nil, team: team,
                group: group)
            let symmetries = passes.symmetries ? reader.symmetries : 0..<1
            var sums: [Double] = []
            for pass in 0..<(passes.dropout ?? 1) {
                for symmetry in symmetries {
                    // No two looks have the same, and more passes leave those of the first ones as they are.
                    let draw = RandomDraw(
                        seed: passes.seed,
                        number: UInt32(truncatingIfNeeded: 8 * (pass * members.count + number)) &+ symmetry)
                    let logits = try inference.logits(of: numbers?.count ?? stamps.count, draw: draw) { place, sample in
                        try reader.readSample(numbers?[place] ?? place, into: sample, turnedBy: symmetry)
                    }
                    guard let logits else { continue }
                    let probabilities = network.probabilities(logits)
                    spread?.add(probabilities)
                    if sums.isEmpty { sums = Array(repeating: 0, count: probabilities.count) }
                    for (place, probability) in probabilities.enumerated() { sums[place] += Double(probability) }
                }
            }
            let looks = Double((passes.dropout ?? 1) * symmetries.count)
            if group.rank == 0 { means.append(sums.map { $0 / looks }) }
        }
        guard !means.isEmpty else { return nil }
        return Probabilities(
            values: combination.combine(means, columns: model.network.outputs), spread: spread?.deviations)
    }
}

/// Adds up what the standard deviation of numbers needs that come a set at a time: their differences from the first
/// set, in which nothing cancels that is not small itself.
private struct DeviationSums {
    private var first: [Float] = []
    private var sums: [Double] = []
    private var squares: [Double] = []
    private var count = 0

    mutating func add(_ values: [Float]) {
        if count == 0 {
            first = values
            (sums, squares) = (Array(repeating: 0, count: values.count), Array(repeating: 0, count: values.count))
        }
        count += 1
        for (place, value) in values.enumerated() {
            let difference = Double(value) - Double(first[place])
            sums[place] += difference
            squares[place] += difference * difference
        }
    }

    /// √(mean of squared differences from the mean), for each place.
    var deviations: [Float] {
        let count = Double(count)
        return zip(sums, squares).map { sum, squares in
            let variance = (squares - sum * sum / count) / count
            // Rounding may leave −1e-20 where the formula gives 0; NaN stays.
            return Float(variance < 0 ? 0 : variance.squareRoot())
        }
    }
}
