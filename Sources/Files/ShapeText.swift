/// A shape as numpy prints it: `(5, 21, 21)`, `(5,)`, `()`; one of more axes than numpy has is cut off.
package func shapeText(_ shape: [Int]) -> String {
    if shape.count == 1 { return "(\(shape[0]),)" }
    let most = 64
    let extents = shape.prefix(most).map(String.init) + (shape.count > most ? ["… (\(shape.count) axes)"] : [])
    return "(" + extents.joined(separator: ", ") + ")"
}
