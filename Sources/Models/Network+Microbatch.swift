extension Network {
    /// A microbatch size between 4 and 64: whose activations stay in a second-level cache of 1 MiB, but large enough
    /// that summing a gradient of all parameters for each microbatch costs little beside computing it.
    ///
    /// A function of the network alone: ranks and threads must not change it.
    public var defaultMicrobatch: Int {
        let bytes = nodes.reduce(0) { $0 + $1.outputShape.count } * 4
        var size = 64
        while size > 4 && size * bytes > 1 << 20 && size / 2 * 400_000 >= trainableCount { size /= 2 }
        return size
    }
}
