import Engine
import Faults
import Lanes
import Models
import RunRecords
import StampData

extension Prediction {
    /// Refuses to look for the features that are needed where no model takes any.
    ///
    /// - Throws: `Fault(.usage)`; also where stamps are looked at in other ways than once by each model.
    func checkImportance() throws {
        guard !passes.areSeveral, combination == .mean else {
            throw Fault(
                .usage, "--importance", "is measured with one look at each stamp and the mean of the models",
                remedy: "leave it out, or leave out --dropout-passes, --augment-passes and --combine")
        }
        guard !members.contains(where: \.takesFeatures) else { return }
        throw Fault(
            .usage, "--importance", "is of features, and \(members[0].path) takes stamps alone",
            remedy: "leave it out, or use a model that was trained with --features")
    }

    /// Which features the models need to tell the classes apart, on rank 0; nil elsewhere. Collective.
    ///
    /// - Parameter unusable: on rank 0, the stamps that are left out.
    func importance(
        _ stamps: StampCollection, _ numbers: [Int], _ features: [StampFeatures?], without unusable: [Int]?
    ) throws -> [FeatureImportance]? {
        let left = Set(try group.shared { unusable! })
        let team = try LaneTeam.forRank(threads: threads, group: group, logger: logger)
        defer { team.finish() }
        let models = try zip(members, zip(readers(stamps), features)).map { member, input in
            PermutationImportance.Model(
                inference: Inference(
                    network: member.model.network, weights: member.model.weights, team: team, group: group),
                reader: input.0.adding(input.1))
        }
        return try PermutationImportance(models, numbers.filter { !left.contains($0) }, seed: 0).measure()
    }

    /// The mean over several models of the probabilities of some stamps.
    ///
    /// - Parameter logits: of the stamps, by each of the networks.
    static func meanProbabilities(_ logits: [[Float]], by networks: [Network]) -> [Float] {
        var sums = [Double](repeating: 0, count: logits[0].count)
        for (network, logits) in zip(networks, logits) {
            let probabilities = network.probabilities(logits)
            for index in sums.indices { sums[index] += Double(probabilities[index]) }
        }
        return sums.map { Float($0 / Double(networks.count)) }
    }
}
