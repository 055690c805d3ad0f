/// A shape as numpy prints it: `(5, 21, 21)`, `(5,)`, `()`; a shape with more axes than numpy supports is truncated.
package func shapeText(_ shape: [Int]) -> String {
    if shape.count == 1 { return "(\(shape[0]),)" }
    let most = 64
    let extents = shape.prefix(most).map(String.init) + (shape.count > most ? ["… (\(shape.count) axes)"] : [])
    return "(" + extents.joined(separator: ", ") + ")"
}
