/// Whose products a network computes with: what the bits of its results depend on beside its values.
public enum Bits: String, CaseIterable, Codable, Hashable, Sendable {
    /// The program's own everywhere: the same on every processor that has fused multiply-add.
    case portable
    /// OpenBLAS' for the largest dense layers, whose bits follow the type of processor that it finds and its version.
    case blas
}

extension Network {
    /// What the bits of the network's results depend on.
    public var bits: Bits { callsOpenBLAS ? .blas : .portable }

    /// The same network with the products that are asked for, where it has a choice.
    ///
    /// - Parameter bits: nil for those of ``init(_:)``: OpenBLAS where a dense layer is so large that the program's own
    ///   products would need much more memory.
    public func computing(_ bits: Bits?) throws -> Network {
        bits == .portable && callsOpenBLAS ? try Network(description, bits: .portable) : self
    }
}
