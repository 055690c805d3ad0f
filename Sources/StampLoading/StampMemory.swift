import Communication
import Faults
import Files
import StampData

/// What a rank's memory for stamps is used for: how much of its training and validation stamps stays there, and how far
/// the others are read ahead.
///
/// The same share of every stratum and of the validation stamps stays, so that no lane has more to read than another.
/// All of them where there is room; what is drawn is the same in any case.
package struct StampMemory: Hashable {
    /// A rank's stamps, in numbers.
    package struct Demand: Hashable {
        /// Stamps of the rank's strata, and its share of the validation set.
        package let training: Int
        package let validation: Int
        /// Floats that a training stamp takes as it is kept, and a validation stamp.
        package let trainingValues: Int
        package let validationValues: Int
        /// Lanes that draw microbatches, and the most stamps that one has.
        package let lanes: Int
        package let largestMicrobatch: Int

        package init(
            training: Int, validation: Int, trainingValues: Int, validationValues: Int, lanes: Int,
            largestMicrobatch: Int
        ) {
            (self.training, self.validation) = (training, validation)
            (self.trainingValues, self.validationValues) = (trainingValues, validationValues)
            (self.lanes, self.largestMicrobatch) = (lanes, largestMicrobatch)
        }

        var trainingStampBytes: Int { trainingValues * MemoryLayout<Float>.stride }
        var validationStampBytes: Int { validationValues * MemoryLayout<Float>.stride }
        /// Bytes that all take.
        package var bytes: Int { training * trainingStampBytes + validation * validationStampBytes }
        /// Bytes of one microbatch of each lane.
        var roundBytes: Int { lanes * largestMicrobatch * trainingStampBytes }
        /// While a microbatch is computed, the next one is read: less will not do.
        package var leastBytes: Int { min(bytes, StampMemory.leastDepth * roundBytes) }
    }

    /// Everything stays in memory.
    package static let unlimited = StampMemory(residentShare: 1, depth: 0)
    private static let leastDepth = 2
    /// So many microbatches hide the time that a disk or a network takes; more would be taken from the stamps that
    /// stay.
    private static let mostDepth = 16

    /// From 0 to 1.
    package let residentShare: Double
    /// Microbatches that each lane has in memory to draw from, besides the stamps that stay.
    package let depth: Int

    private init(residentShare: Double, depth: Int) {
        self.residentShare = residentShare
        self.depth = depth
    }

    /// Divides `budget` bytes, at least `demand.leastBytes`; nil for no limit.
    package init(_ demand: Demand, budget: Int?) {
        guard let budget, budget < demand.bytes else {
            self = .unlimited
            return
        }
        precondition(budget >= demand.leastBytes, "\(budget) bytes for \(demand)")
        // At most a quarter of it, unless that is too little.
        let round = demand.roundBytes
        let depth = round == 0 ? 0 : max(Self.leastDepth, min(Self.mostDepth, budget / 4 / round))
        // A little less, so that rounding never asks for a stamp too many.
        let share = Double(budget - depth * round) / Double(demand.bytes) * (1 - 0x1p-40)
        self.init(residentShare: max(0, share), depth: depth)
    }

    /// How many of `count` stamps stay.
    package func resident(of count: Int) -> Int { residentShare == 1 ? count : Int(residentShare * Double(count)) }
}

extension StampMemory {
    /// Divides the memory that `--memory` allows each rank. Collective.
    ///
    /// What the files themselves take, because they are deflated or came from a pipe, counts.
    /// - Throws: `AgreedFault` when it is too little on any rank: it tells how much would do on all.
    static func agreed(
        _ demand: Demand, budget: MemorySize?, _ collection: StampCollection, in group: any ProcessGroup
    ) throws -> StampMemory {
        guard let budget else { return .unlimited }
        let least = try group.maximum(of: demand.leastBytes)
        let resident = collection.residentByteCount
        guard budget.bytes >= resident + least else {
            var problem = "is too little: stamps that are read ahead take \(MemorySize(bytes: least).rounded) on a rank"
            var remedy = "give at least \(MemorySize(bytes: resident + least).rounded), or fewer --threads"
            if resident > 0, let file = collection.mostResidentFile {
                problem += ", and files that cannot be read by parts \(MemorySize(bytes: resident).rounded)"
                remedy = "unpack \(file) to .npy, or \(remedy)"
            }
            throw AgreedFault(fault: Fault(.usage, "--memory \(budget)", problem, remedy: remedy))
        }
        return StampMemory(demand, budget: budget.bytes - resident)
    }
}
