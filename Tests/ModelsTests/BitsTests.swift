import LayerCatalog
import Testing

@testable import Models

@Suite struct BitsTests {
    private func network(units: Int) throws -> Network {
        try Network(
            NetworkDescription(
                name: "wide",
                sequence: [
                    ("input", .input(shape: [64, 64, 1])), ("flatten", .flatten),
                    ("wide", .dense(units: units, activation: .relu)), ("out", .dense(units: 2, activation: .softmax)),
                ]))
    }

    /// OpenBLAS computes dense layers from 2²⁵ weights on, unless portable bits are asked for.
    @Test func onlyLargeDenseLayersCallOpenBLASAndOnlyIfTheyMay() throws {
        let large = try network(units: 1 << 13), small = try network(units: (1 << 13) - 1)
        #expect(large.bits == .blas && small.bits == .portable)
        #expect(try large.computing(nil).bits == .blas && large.computing(.blas).bits == .blas)
        let portable = try large.computing(.portable)
        #expect(portable.bits == .portable && portable.parameters == large.parameters)
        #expect(portable.preparedCount >= 2 * (1 << 25) && portable.description == large.description)
        #expect(try small.computing(.blas).bits == .portable)
    }
}
