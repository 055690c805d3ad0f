import CKernels

extension RowProduct {
    /// The same rows as one group: their order does not matter where no sums run over them.
    var flattened: RowProduct {
        var flat = self
        flat.rows = groups * rows
        flat.groups = 1
        return flat
    }
}
