import Engine
import Lanes
import Models

/// Where the time of training steps goes, layer by layer.
struct LayerBreakdown {
    /// In the network's order, layers without work left out.
    let layers: [PartReport]
    /// By kind of layer, the one that loses most first.
    let kinds: [PartReport]
    /// Everything that is not a layer.
    let others: [PartReport]

    /// - Parameters:
    ///   - samples: samples that the recorded steps trained on.
    ///   - microbatch: samples of a microbatch.
    ///   - lanePeak: floating-point operations a second of one lane.
    init(_ totals: TimelineTotals, network: Network, samples: Int, microbatch: Int, lanePeak: Double) {
        let operations = network.nodeOperations
        func part(_ name: String, _ kind: String, forward: Int, backward: Int, fastest: Int, flop: Int)
            -> PartReport
        {
            let seconds = Double(forward + backward) * 1e-9
            let computed = Double(flop) * Double(samples)
            let rate = seconds > 0 ? computed / seconds : 0
            // Layers may beat a peak that was measured while others used the processor.
            let lost = max(0, seconds - computed / lanePeak)
            return PartReport(
                name: name, kind: kind, forwardNanoseconds: Double(forward) / Double(samples),
                backwardNanoseconds: Double(backward) / Double(samples), share: totals.share(forward + backward),
                flopPerSample: flop, gflops: rate * 1e-9,
                bestGflops: fastest > 0 ? Double(flop * microbatch) / Double(fastest) : 0, peakShare: rate / lanePeak,
                lostShare: totals.share(Int(lost * 1e9)))
        }
        let working = network.nodes.indices.filter { totals.forward[$0] + totals.backward[$0] > 0 }
        layers = working.map { node in
            part(
                network.nodes[node].name, network.nodes[node].kind.kerasName, forward: totals.forward[node],
                backward: totals.backward[node],
                fastest: totals.fastestForward[node] + totals.fastestBackward[node], flop: operations[node].total)
        }
        kinds = Dictionary(grouping: working) { network.nodes[$0].kind.kerasName }
            .map { kind, nodes in
                part(
                    kind, kind, forward: nodes.reduce(0) { $0 + totals.forward[$1] },
                    backward: nodes.reduce(0) { $0 + totals.backward[$1] },
                    fastest: nodes.reduce(0) { $0 + totals.fastestForward[$1] + totals.fastestBackward[$1] },
                    flop: nodes.reduce(0) { $0 + operations[$1].total })
            }
            .sorted { ($1.lostShare, $0.name) < ($0.lostShare, $1.name) }
        others = Activity.allCases.filter { activity in
            switch activity {
            case .step, .forward, .backward, .flight: false
            default: totals[activity] > 0
            }
        }.map { part($0.title, "", forward: totals[$0], backward: 0, fastest: 0, flop: 0) }
    }
}
