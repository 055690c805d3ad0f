import Faults
import SwiftProtobuf

/// A constant of a graph: a weight, a number, or integers that tell a shape.
///
/// Its elements are looked at when they are asked for, and lie in the file until then.
struct ONNXConstant: Sendable {
    private enum Elements: Sendable {
        case floats(@Sendable () throws -> [Float])
        /// Nil stands for the number of samples, which is known when the network runs.
        case integers([Int?])
    }

    /// As the graph calls it; empty for what was computed.
    let name: String
    /// The extents of all of its axes; none for a number.
    let extents: [Int]
    private let elements: Elements
    /// How the elements have been moved since the graph gave them its name; empty for not at all.
    let layout: String
    /// How many operators one behind another give the elements.
    let depth: Int

    init(
        name: String = "", extents: [Int], layout: String = "", depth: Int = 0,
        floats: @escaping @Sendable () throws -> [Float]
    ) {
        (self.name, self.extents, self.layout, self.depth) = (name, extents, layout, depth)
        elements = .floats(floats)
    }

    init(integers: [Int?], extents: [Int]) {
        precondition(integers.count == extents.reduce(1, *), "\(integers.count) integers are not of shape \(extents)")
        (name, self.extents, layout, depth, elements) = ("", extents, "", 0, .integers(integers))
    }

    /// A vector of integers.
    init(integers: [Int?]) { self.init(integers: integers, extents: [integers.count]) }

    var count: Int { extents.reduce(1, *) }

    /// The elements in C order; integers too, as numbers.
    func floats() throws -> [Float] {
        switch elements {
        case .floats(let read): try read()
        case .integers(let values): values.map { Float($0 ?? 0) }
        }
    }

    /// The elements in C order; nil for those that are not integers. Nil elements are the number of samples.
    var integers: [Int?]? {
        if case .integers(let values) = elements { values } else { nil }
    }

    /// The value of a constant that is one number; nil for others, and for what is no finite number.
    func number() throws -> Float? {
        guard count == 1, let value = try floats().first, value.isFinite else { return nil }
        if case .integers(let values) = elements, values[0] == nil { return nil }
        return value
    }

    /// The same elements under other extents, as many of them.
    func reshaped(_ extents: [Int]) -> ONNXConstant {
        precondition(extents.reduce(1, *) == count, "\(extents) are not the extents of \(count) elements")
        return switch elements {
        case .floats(let read):
            ONNXConstant(
                name: name, extents: extents, layout: extents == self.extents ? layout : layout + "shape\(extents)",
                depth: depth, floats: read)
        case .integers(let values): ONNXConstant(integers: values, extents: extents)
        }
    }

    /// The constant with its axes in another order: axis *i* of the result is axis `order[i]`.
    func transposed(_ order: [Int]) -> ONNXConstant {
        let (from, to) = (extents, order.map { extents[$0] })
        return switch elements {
        case .floats(let read):
            ONNXConstant(
                name: name, extents: to, layout: order == Array(order.indices) ? layout : layout + "order\(order)",
                depth: depth + 1
            ) { AxisOrder.transposed(try read(), from, order) }
        case .integers(let values):
            ONNXConstant(integers: AxisOrder.transposed(values, from, order), extents: to)
        }
    }
}

extension ONNXConstant {
    /// Checks what a tensor says of itself against what it holds.
    ///
    /// - Throws: a `badData` fault for extents that do not fit the elements, and elements of another kind.
    init(_ tensor: ONNXTensorProto, _ name: String, of file: ExternalElements) throws {
        let fault = { (problem: String, remedy: String) in
            Fault(.badData, "constant \(name) of \(file.path)", problem, remedy: remedy)
        }
        guard let type = ONNXTensorProto.DataType(rawValue: Int(tensor.dataType)), let bytes = type.byteCount else {
            throw fault(
                "holds elements of ONNX' type \(tensor.dataType), which is not supported",
                "export the network in float32; quantised networks cannot be trained")
        }
        // Also without extents of 0, which would hide others that no array has.
        var span = 1
        let damaged = fault("is damaged: its extents are \(tensor.dims)", Self.remedy)
        for extent in tensor.dims {
            let (next, overflow) = span.multipliedReportingOverflow(by: max(Int(extent), 1))
            guard extent >= 0, !overflow else { throw damaged }
            span = next
        }
        let count = tensor.dims.contains(0) ? 0 : span
        let source = try TensorElements(tensor, type, file)
        guard source.count(bytesEach: bytes) == count else {
            throw fault(
                "is damaged: it has \(source.count(bytesEach: bytes)) elements, and extents \(tensor.dims)",
                Self.remedy)
        }
        guard span <= Self.mostElements else { throw damaged }
        let extents = tensor.dims.map { Int($0) }
        if type.isInteger, count > Self.mostIntegers {
            throw fault(
                "has \(count) integers, and at most \(Self.mostIntegers) are supported",
                "export a network whose weights are floating-point numbers")
        }
        if type.isInteger {
            self.init(integers: source.integers(), extents: extents)
        } else {
            self.init(name: name, extents: extents) { source.floats() }
        }
    }

    private static let mostElements = 1 << 40
    /// Integers tell shapes, axes and places of features.
    private static let mostIntegers = 1 << 20
    private static let remedy = "export the network again"
}
