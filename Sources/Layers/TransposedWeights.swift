import CKernels

/// How the transpose of a layer's weights lies in memory, from which the inputs' gradient is computed: a row for each
/// (kernel position and) output, a column for each input.
///
/// Where the loops for wide matrices read it, in panels of 32 columns (`panel_product.h`), else plain, padded to 16 columns.
struct TransposedWeights: Sendable {
    let rows: Int
    let columns: Int
    private let isInPanels: Bool

    /// - Parameter isPlain: whether other loops than `row_product` read it.
    init(rows: Int, columns: Int, isPlain: Bool = false) {
        self.rows = rows
        self.columns = columns
        isInPanels = !isPlain && panel_product_fits(columns) != 0
    }

    /// Floats of the whole.
    var count: Int { rows * max(columns, 16) }
    /// Floats between two rows (of one panel).
    var rowStep: Int { isInPanels ? 32 : max(columns, 16) }
    /// Floats between two panels; 0 for a plain matrix.
    var panelStep: Int { isInPanels ? rows * 32 : 0 }

    /// Transposes a matrix of `columns` × `count` into the rows from `first` on of the transpose that starts at `start`.
    func write(_ matrix: UnsafePointer<Float>, count: Int, first: Int, into start: UnsafeMutablePointer<Float>) {
        let target = start + first * rowStep
        if isInPanels {
            transpose_to_panels(matrix, columns, count, panelStep, target)
        } else {
            transpose(matrix, columns, count, rowStep, target)
        }
    }
}
