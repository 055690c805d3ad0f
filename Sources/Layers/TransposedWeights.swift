import CKernels
import Tensors

/// How the transpose of a layer's weights lies in memory, from which the inputs' gradient is computed: a row for each
/// (kernel position and) output, a column for each input.
///
/// Where the loops for wide matrices read it, in panels of 32 columns (`panel_product.h`), else plain, padded to 16
/// columns.
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

    /// Transposes a matrix of `columns` × `count` into the rows from `first` on of the `whole` transpose.
    func write(_ matrix: FloatView, count: Int, first: Int, into whole: MutableFloatView) {
        let source = matrix.pointer(columns * count)
        if isInPanels {
            transpose_to_panels(
                source, columns, count, panelStep,
                whole.pointer((columns / 32 - 1) * panelStep + count * 32, at: first * rowStep))
        } else {
            transpose(
                source, columns, count, rowStep, whole.pointer((count - 1) * rowStep + columns, at: first * rowStep))
        }
    }
}
