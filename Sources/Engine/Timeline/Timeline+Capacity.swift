import Lanes
import Models

extension Timeline {
    /// The most events of a lane that are kept: some tens of megabytes.
    private static let most = 1 << 20

    /// Room for what a lane records in `steps` steps, within bounds.
    ///
    /// - Parameter microbatches: the most microbatches of a lane.
    package static func capacity(network: Network, microbatches: Int, steps: Int) -> Int {
        // A synchronised layer passes forward in two parts and backward in two; each microbatch is loaded,
        // differentiated and added to others; at each synchronisation point lanes wait twice and lane 0 sums and
        // finishes.
        let perMicrobatch = 4 * network.nodes.count + 2 + network.segments
        let perStep = microbatches * perMicrobatch + 16 * network.segments + 64
        return min(most, perStep * steps)
    }
}
