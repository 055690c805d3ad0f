import CKernels
import NumericTestSupport
import Testing

@Suite struct TransposeTests {
    /// Around the tiles of 16 that are turned in registers and the blocks of 64 that are read together.
    static let extents = [1, 2, 7, 15, 16, 17, 33, 64, 65, 90]

    /// What lies between the columns, from `rows` to `step`, is not written.
    @Test(arguments: extents, extents) func rowsBecomeColumnsAndGapsStay(rows: Int, columns: Int) {
        for step in [rows, rows + 1, rows + 19] {
            let from = randomValues(rows * columns, seed: 1)
            let to = GuardedBuffer([Float](repeating: 7, count: columns * step))
            transpose(from, rows, columns, step, to.pointer)
            var expected = [Float](repeating: 7, count: columns * step)
            for row in 0..<rows {
                for column in 0..<columns { expected[column * step + row] = from[row * columns + column] }
            }
            #expect(to.values == expected && to.isIntact, "step \(step)")
        }
    }
}
