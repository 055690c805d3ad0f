import Models

/// The events of one microbatch in a training step, as moments whose order can be compared.
///
/// A microbatch's phases: each segment forward, from the first to the last, in which it continues backward at once;
/// then each segment backward, from the last but one to the first. Between two phases of a microbatch its lane works on
/// others.
struct PassClock {
    let segments: Int
    let nodes: Int

    init(_ network: Network) {
        segments = network.segments
        nodes = network.nodes.count
    }

    private var length: Int { 3 * nodes + 2 }

    var phases: Int { 2 * segments - 1 }
    func forwardPhase(_ segment: Int) -> Int { segment }
    func backwardPhase(_ segment: Int) -> Int { 2 * (segments - 1) - segment }
    /// The phase in which a moment lies.
    func phase(of moment: Int) -> Int { moment / length }

    /// When a node's forward pass is recomputed.
    func recomputation(_ node: Int, phase: Int) -> Int { phase * length + node }
    func forward(_ node: Int, segment: Int) -> Int { forwardPhase(segment) * length + nodes + node }
    /// The end of the forward phase: moments are added up for synchronised layers, or the loss is differentiated.
    func endOfForward(_ segment: Int) -> Int { forwardPhase(segment) * length + 2 * nodes }
    /// When the synchronised layers after a segment pass their gradients on to it.
    func entry(_ segment: Int) -> Int { backwardPhase(segment) * length + 2 * nodes + 1 }
    func backward(_ node: Int, segment: Int) -> Int { backwardPhase(segment) * length + 3 * nodes + 1 - node }
}
