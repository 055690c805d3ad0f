import Communication
import Models
import Tensors

extension ProcessGroup {
    /// Gives every rank the weights of rank 0, moving statistics included. Collective.
    package func broadcast(_ weights: Weights) throws {
        for buffer in [weights.trainable, weights.state] { try broadcast(buffer) }
    }

    /// Gives every rank the values of rank 0. Collective.
    package func broadcast(_ buffer: FloatBuffer) throws {
        try broadcast(
            UnsafeMutableRawBufferPointer(start: buffer.pointer, count: buffer.count * MemoryLayout<Float>.stride),
            from: 0)
    }
}
