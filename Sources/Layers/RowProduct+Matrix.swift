import CKernels

/// Products of plain matrices: rows × inputs with inputs × outputs, all dense.
extension RowProduct {
    /// `groups` groups of `rows` rows; weights of fewer than 16 outputs are padded to 16.
    init(groups: Int, rows: Int, inputs: Int, outputs: Int) {
        self.init()
        self.groups = groups
        input_group = rows * inputs
        output_group = rows * outputs
        lines = 1
        self.rows = rows
        input_step = inputs
        output_step = outputs
        segments = 1
        length = inputs
        segment_rows = inputs
        channels = outputs
        weight_step = max(outputs, 16)
    }

    /// The same rows as one group: their order does not matter where no sums run over them.
    var flattened: RowProduct { RowProduct(groups: 1, rows: groups * rows, inputs: length, outputs: channels) }

    /// The product of the same rows' outputs with the transposed weights: the inputs' gradient, in one group.
    var transposed: RowProduct {
        var product = RowProduct(groups: 1, rows: groups * rows, inputs: channels, outputs: length)
        product.use(TransposedWeights(rows: channels, columns: length))
        return product
    }

    /// Reads weights as they lie in `weights`.
    mutating func use(_ weights: TransposedWeights) {
        weight_step = weights.rowStep
        panel_step = weights.panelStep
    }
}
