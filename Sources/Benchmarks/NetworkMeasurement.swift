import Engine
import Models
import StampData

/// What was measured of one network, before it is compared with the peak.
struct NetworkMeasurement {
    let model: String
    let network: Network
    let plan: BatchPlan
    /// Of all ranks.
    let lanes: Int
    /// Seconds of a training step in each round.
    let stepSeconds: [Double]
    /// How many steps were timed.
    let steps: Int
    /// Seconds of the forward pass over all stamps in each round.
    let forwardSeconds: [Double]
    /// Of all ranks, over the profiled steps.
    let totals: TimelineTotals
    let profiledSteps: Int
    /// The most that a rank held.
    let residentBytes: Int
    let allReduce: AllReduceReport?
    let wantsLayers: Bool

    private var trainingRounds: [Double] { stepSeconds.map { Double(plan.batchSize) / $0 } }
    /// Stamps trained on in a second of the fastest round.
    var bestSamplesPerSecond: Double { trainingRounds.max()! }
    /// The share of the lanes' time that went into messages.
    var messageShare: Double { totals.share(totals[.message]) }

    /// - Parameter peak: floating-point operations a second of all lanes.
    func report(peak: Double, scaling: ScalingReport?) -> NetworkReport {
        let breakdown =
            wantsLayers
            ? LayerBreakdown(
                totals, network: network, samples: profiledSteps * plan.batchSize,
                microbatch: plan.largestMicrobatch, lanePeak: peak / Double(lanes)) : nil
        return NetworkReport(
            model: model, parameters: network.parameterCount, trainableParameters: network.trainableCount,
            batchSize: plan.batchSize,
            microbatch: plan.largestMicrobatch, steps: steps, profiledSteps: profiledSteps,
            training: NetworkReport.Rate(
                rounds: trainingRounds, flopPerSample: network.operations.total, peak: peak),
            inference: NetworkReport.Rate(
                rounds: forwardSeconds.map { Double(plan.samples) / $0 }, flopPerSample: network.operations.forward,
                peak: peak),
            peakResidentBytes: residentBytes,
            shares: NetworkReport.Shares(
                computing: totals.share(totals[.work]), waiting: totals.share(totals[.idle]), messages: messageShare),
            communicationHidden: totals.hiddenShare, allReduce: allReduce, scaling: scaling, layers: breakdown?.layers,
            layerKinds: breakdown?.kinds, otherActivities: breakdown?.others)
    }
}
