import Tensors

/// Arrays with their axes in another order.
enum AxisOrder {
    /// The elements of an array in C order, its axes being those of `extents` in another order: axis *i* of the result
    /// is axis `order[i]`.
    static func transposed<Element>(_ elements: [Element], _ extents: [Int], _ order: [Int]) -> [Element] {
        guard order != Array(order.indices), !elements.isEmpty else { return elements }
        return offsets(extents, order).map { elements[$0] }
    }

    /// Where the elements of the array in the other order stand in the array.
    static func offsets(_ extents: [Int], _ order: [Int]) -> [Int] {
        var strides = Array(repeating: 1, count: extents.count)
        for axis in extents.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * extents[axis + 1] }
        return StridedArray.offsets(extents: order.map { extents[$0] }, strides: order.map { strides[$0] })
    }

    /// The order that undoes another one.
    static func inverse(_ order: [Int]) -> [Int] {
        var places = order
        for (place, axis) in order.enumerated() { places[axis] = place }
        return places
    }

    /// That of a map in the graph, channels first, whose layer has them last.
    static func channelsFirst(_ count: Int) -> [Int] { count == 0 ? [] : [count - 1] + Array(0..<(count - 1)) }
}
