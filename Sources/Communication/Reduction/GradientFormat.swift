/// The format in which ranks exchange gradients, and in which gradients are therefore summed.
public enum GradientFormat: String, CaseIterable, Codable, Hashable, Sendable {
    /// As they are computed.
    case float32
    /// The upper half of a float32: 8 bits of precision, all of its range. Half the bytes.
    ///
    /// Which of the tree's values are exchanged depends on the number of ranks, so all of them are rounded: each
    /// microbatch's gradient and each sum of two, computed in float32, to nearest, ties to even. So a value loses no
    /// more by being exchanged, and the bits of the total are the same for any number of ranks and lanes. A total of n
    /// microbatches has been rounded ⌈log₂ n⌉ + 1 times, by at most 2⁻⁹ of the value each; a ring that sums in bfloat16
    /// rounds once for each rank.
    case bfloat16

    /// Bytes of a number in a message.
    public var byteCount: Int { self == .float32 ? 4 : 2 }
}
