import Layers

extension Network {
    /// A microbatch size between 4 and 256: whose activations stay in a second-level cache of 1 MiB, but large enough
    /// that what every microbatch costs, reading the weights of dense layers and adding a gradient of all parameters,
    /// is little beside the rest. More than 64 where weights of dense layers are most of what memory moves.
    ///
    /// A function of the network alone: ranks and threads must not change it.
    public var defaultMicrobatch: Int {
        // Bytes that come from the third-level cache instead: activations are written and read about three times by
        // a sample's passes; a dense layer's weights are read twice, and their gradient is written, read and added.
        let activations = nodes.reduce(0) { $0 + $1.outputShape.count } * 4
        let dense =
            nodes.reduce(0) { sum, node in
                node.layer is Dense ? sum + node.trainableCount : sum
            } * 4
        var size = 256
        while size > 64, 5 * dense / size < 6 * activations { size /= 2 }
        while size > 4, size * activations > 1 << 20, 5 * dense / size < 6 * activations,
            size / 2 * 400_000 >= trainableCount
        {
            size /= 2
        }
        return size
    }

    /// The same for training in batches of `batchSize` samples: those of more than four are cut into two microbatches at
    /// least, and into four where the sum of their gradients costs little, or they are larger than 64, so that threads
    /// and ranks have work.
    ///
    /// A function of the network and the batch alone.
    public func defaultMicrobatch(batchSize: Int) -> Int {
        // A parameter's gradient takes about as long to add as 20 operations of a product take.
        let sum = 20 * trainableCount, work = operations.total
        var size = defaultMicrobatch
        while size > 4
            && (size >= batchSize || size > batchSize / 4 && (size > 64 || sum * 10 <= size / 2 * work))
        {
            size /= 2
        }
        return size
    }
}
