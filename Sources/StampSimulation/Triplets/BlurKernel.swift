import CKernels

/// A separable filter that widens, shifts and scales an image: a Gaussian, sampled at whole pixels, and the parabola
/// through three pixels for the shift, which leaves the width alone.
struct BlurKernel: Hashable, Sendable {
    /// Odd numbers of weights, the middle one for the pixel itself.
    private let across: [Float]
    private let down: [Float]

    /// - Parameters:
    ///   - variance: of the Gaussian along x and y, in pixels²; 0 for none.
    ///   - shift: how far light moves, in pixels, less than one along each axis.
    ///   - scale: the sum of all weights.
    init(variance: SIMD2<Float>, shift: SIMD2<Float> = .zero, scale: Float = 1) {
        across = Self.weights(variance: variance.x, shift: shift.x).map { scale * $0 }
        down = Self.weights(variance: variance.y, shift: shift.y)
    }

    private init(across: [Float], down: [Float]) {
        self.across = across
        self.down = down
    }

    /// How far from a pixel the filter reaches along either axis.
    var reach: Int { max(across.count, down.count) / 2 }

    /// The kernel that sends light back where it came from.
    var transposed: BlurKernel { BlurKernel(across: across.reversed(), down: down.reversed()) }

    private static func weights(variance: Float, shift: Float) -> [Float] {
        // Beyond three standard deviations lies 0.3 % of a Gaussian.
        let reach = Int((3 * variance.squareRoot()).rounded(.up))
        let gaussian: [Float] = (-reach...reach).map { place in
            place == 0 ? 1 : portable_expf(-Float(place * place) / (2 * variance))
        }
        let sum = gaussian.reduce(0, +)
        let parabola = [shift * (shift - 1) / 2, 1 - shift * shift, shift * (shift + 1) / 2]
        var weights = [Float](repeating: 0, count: gaussian.count + 2)
        for (place, weight) in gaussian.enumerated() {
            for step in 0..<3 { weights[place + step] += weight / sum * parabola[step] }
        }
        return weights
    }

    /// The filtered image, for which all beyond the border is dark.
    func applied(to image: Plane) -> Plane {
        var rows = image.pixels, filtered = image
        filter_separably(
            image.pixels, image.height, image.width, down, down.count / 2, across, across.count / 2, &rows,
            &filtered.pixels)
        return filtered
    }
}
