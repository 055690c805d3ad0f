import LayerCatalog
import Layers
import Tensors

/// Maps with several pixels in the place of each.
extension GraphReader {
    mutating func resize(_ node: GraphNode) throws -> LayerOutput {
        let input = try output(node)
        let factors = try resizingFactors(node, input)
        let mode = try node.text("mode", default: "nearest")
        // The older operators repeat pixels, and lay others on lines whose ends are where no layer has them.
        let isOld = node.type == "Upsample" || node.version < 11
        let place = try node.text("coordinate_transformation_mode", default: isOld ? "asymmetric" : "half_pixel")
        let rounding = try node.text("nearest_mode", default: isOld ? "floor" : "round_prefer_floor")
        let interpolation: UpSampling2D.Interpolation
        switch mode {
        case "nearest":
            let isCentred = ["half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"].contains(place)
            let isRepeated =
                isCentred && rounding.hasPrefix("round")
                || ["asymmetric", "tf_half_pixel_for_nn"].contains(place) && rounding == "floor"
                || place == "asymmetric" && rounding == "round_prefer_floor" && factors.allSatisfy { $0 <= 2 }
            guard isRepeated else { throw node.unsupported("it rounds places by \(rounding) of \(place)") }
            interpolation = .nearest
        case "linear", "bilinear":
            // Where an axis stays as it is, both kinds of half pixels are one.
            guard ["half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"].contains(place),
                try node.integer("antialias") == 0
            else { throw node.unsupported("it lays pixels on lines by \(place)") }
            interpolation = .bilinear
        default: throw node.unsupported("its mode is \(mode)")
        }
        guard factors.contains(where: { $0 > 1 }) else { return input }
        return try onMap(factors, neutral: 1, input, node) { rows, columns in
            .upSampling2D(size: Extent2D(rows, columns), interpolation: interpolation)
        }
    }

    /// By what each axis of a sample grows.
    private func resizingFactors(_ node: GraphNode, _ input: LayerOutput) throws -> [Int] {
        let rank = input.axes.count + 1
        if let axes = try node.integers("axes"), axes != Array(0..<rank) {
            throw node.unsupported("it resizes the axes \(axes) alone")
        }
        guard node.input(3) == nil else {
            let policy = try node.text("keep_aspect_ratio_policy", default: "stretch")
            guard policy == "stretch" else { throw node.unsupported("its keep_aspect_ratio_policy is \(policy)") }
            let sizes = try requiredConstant(node, 3).integers ?? []
            guard sizes.count == rank else { throw node.unsupported("its sizes are unknown") }
            return try zip(sizes.dropFirst(), input.extents).map { size, extent in
                guard let size, size >= extent, size % extent == 0, size / extent <= 64 else {
                    throw node.unsupported("it makes \(size ?? 0) pixels of \(extent)")
                }
                return size / extent
            }
        }
        let operand = node.type == "Upsample" || node.version < 11 ? 1 : 2
        let scales = try node.floats("scales") ?? requiredConstant(node, operand).floats()
        guard scales.count == rank, scales[0] == 1,
            scales.allSatisfy({ $0 >= 1 && $0 <= 64 && $0 == $0.rounded() })
        else { throw node.unsupported("its scales are \(scales.prefix(8))") }
        return scales.dropFirst().map { Int($0) }
    }

    /// Lines between pixels as products with a matrix for each axis.
    mutating func bilinearUpSampling(_ node: GraphNode, _ match: GraphMatch) throws -> LayerOutput {
        let input = try layerOutput(match.input, of: node)
        guard case .constant(let down) = value(match.values["rows"] ?? ""),
            case .constant(let across) = value(match.values["columns"] ?? ""), input.axes.count == 3,
            down.extents.count == 2, across.extents.count == 2, input.extents[1] == down.extents[1],
            input.extents[2] == across.extents[0], down.extents[0] > 0, across.extents[1] > 0
        else { throw node.unsupported("it multiplies maps with matrices") }
        let size = Extent2D(down.extents[0] / down.extents[1], across.extents[1] / across.extents[0])
        let kind = LayerKind.upSampling2D(size: size, interpolation: .bilinear)
        let map = try arranged(input, as: AxisOrder.channelsFirst(3), node)
        let columns = try across.transposed([1, 0]).floats()
        guard size.height > 0, size.width > 0,
            try down.floats() == UpSampling2D.weights(extent: down.extents[1], factor: size.height),
            columns == UpSampling2D.weights(extent: across.extents[0], factor: size.width)
        else { throw node.unsupported("it multiplies maps with matrices") }
        return try mapLayer(kind, node, map)
    }
}
