import CKernels
import Tensors

/// What resampling does to the noise of an image that is co-added from one or more exposures.
///
/// Each exposure i has white noise wᵢ of one variance and is filtered with a separable kernel Kᵢ of 3×3 weights of sum
/// 1; the image is their mean. With s the noise of one exposure, its noise is s · Σ Kᵢ wᵢ / N, whose variance is
///
///     σ² = s² Σ |Kᵢ|² / N²
///
/// so that light which falls on one exposure alone, such as a cosmic ray, is left at 1/N of its strength and spread
/// over its neighbours. Bilinear interpolation at the sub-pixel shift f, whose weights are 1 − |f| and |f|, is the
/// usual case: A. S. Fruchter and R. N. Hook, *Drizzle*, PASP 114, 144 (2002), section 7, on the correlation that it
/// leaves.
public struct Resampling: Hashable, Sendable {
    /// Weights of the previous pixel, the pixel itself and the next pixel, along each axis.
    struct Kernel: Hashable, Sendable {
        let across: SIMD3<Float>
        let down: SIMD3<Float>

        static let none = Kernel(across: SIMD3(0, 1, 0), down: SIMD3(0, 1, 0))

        /// Bilinear interpolation at a shift of up to half a pixel along each axis.
        init(shift: SIMD2<Float>) {
            func weights(_ shift: Float) -> SIMD3<Float> { SIMD3(max(-shift, 0), 1 - abs(shift), max(shift, 0)) }
            self.init(across: weights(shift.x), down: weights(shift.y))
        }

        /// (a, 1, a) / (1 + 2a) along both axes: a narrow smoothing of variance 2a / (1 + 2a) pixels².
        init(smoothing weight: Float) {
            let weights = SIMD3(weight, 1, weight) / (1 + 2 * weight)
            self.init(across: weights, down: weights)
        }

        private init(across: SIMD3<Float>, down: SIMD3<Float>) {
            self.across = across
            self.down = down
        }

        /// The sum of the squared weights.
        var power: Float { (across * across).sum() * (down * down).sum() }

        /// The kernel that sends light back where it came from.
        var transposed: Kernel {
            Kernel(across: SIMD3(across.z, across.y, across.x), down: SIMD3(down.z, down.y, down.x))
        }

        /// Adds the filtered image, which loses a border of one pixel, to `output`.
        func addFiltered(_ image: Plane, to output: inout [Float]) {
            precondition(output.count == (image.height - 2) * (image.width - 2), "the border is one pixel")
            let down = [down.x, down.y, down.z], across = [across.x, across.y, across.z]
            add_filtered(image.pixels, image.height, image.width, down, across, &output)
        }
    }

    let kernels: [Kernel]

    /// The number of exposures that the image is co-added from.
    public var exposures: Int { kernels.count }

    /// One as drawn for the survey: 40 % white noise, 35 % one smoothed image, 25 % stacks of 2 to 6 dithered
    /// exposures. A kernel has at most a third of the variance of the point-spread function (a Gaussian's is
    /// w² / 8 ln 2), since that has been through the kernel too: a detector's flaw stays sharper than a star.
    ///
    /// - Parameter exposures: where it is said, all are stacks of as many dithered exposures.
    init(_ random: inout RandomStream, fullWidthHalfMaximum width: Float, exposures: ClosedRange<Int>? = nil) {
        let largest = 0.5 * min(1, width / 3)
        func stack(_ random: inout RandomStream, of exposures: Int) -> [Kernel] {
            (0..<exposures).map { _ in
                Kernel(shift: largest * SIMD2(random.uniform(-1, 1), random.uniform(-1, 1)))
            }
        }
        if let exposures {
            let count = exposures.lowerBound + random.index(below: exposures.count)
            self.init(kernels: stack(&random, of: count))
            return
        }
        switch random.uniformFloat() {
        case ..<0.4: self.init(kernels: [.none])
        case ..<0.75:
            self.init(smoothingVariance: random.uniform(0, min(0.5, width * width / 16.6)))
        default:
            self.init(kernels: stack(&random, of: 2 + random.index(below: 5)))
        }
    }

    /// One image that was smoothed.
    ///
    /// - Parameter variance: of the kernel along each axis, in pixels², less than 1.
    init(smoothingVariance variance: Float) {
        self.init(kernels: [Kernel(smoothing: variance / (2 * (1 - variance)))])
    }

    private init(kernels: [Kernel]) { self.kernels = kernels }

    private var power: Float { kernels.reduce(0) { $0 + $1.power } }

    /// s / σ: the noise of one exposure before resampling, over that of the image.
    var noiseOfOneExposure: Float { Float(exposures) / power.squareRoot() }

    /// Correlation of two pixels that are (x, y) apart, far from stars.
    public func correlation(x: Int, y: Int) -> Float {
        func overlap(_ weights: SIMD3<Float>, _ lag: Int) -> Float {
            (0..<3).reduce(0) { $0 + (0..<3 ~= $1 + lag ? weights[$1] * weights[$1 + lag] : 0) }
        }
        return kernels.reduce(0) { $0 + overlap($1.across, x) * overlap($1.down, y) } / power
    }

    /// √(profileᵀ C profile) for the covariance C of noise of variance 1.
    func deviation(ofSumWeightedBy profile: [Float], height: Int, width: Int) -> Float {
        // C = Σ Kᵢ Kᵢᵀ / Σ |Kᵢ|², so the variance is the sum of |Kᵢᵀ profile|².
        var bordered = Plane(height: height + 4, width: width + 4)
        for row in 0..<height {
            for column in 0..<width {
                bordered.pixels[(row + 2) * (width + 4) + column + 2] = profile[row * width + column]
            }
        }
        let variance = kernels.reduce(Float(0)) { sum, kernel in
            var filtered = [Float](repeating: 0, count: (height + 2) * (width + 2))
            kernel.transposed.addFiltered(bordered, to: &filtered)
            return sum + filtered.reduce(into: Float(0)) { $0 += $1 * $1 }
        }
        return (variance / power).squareRoot()
    }

    /// Noise of variance `deviation²`, where that is smooth, of one white field for each exposure.
    func noise(white: [[Float]], deviation: Plane) -> [Float] {
        precondition(white.count == exposures, "\(white.count) fields for \(exposures) exposures")
        var noise = [Float](repeating: 0, count: (deviation.height - 2) * (deviation.width - 2))
        let norm = 1 / power.squareRoot()
        var scaled = deviation
        for (kernel, field) in zip(kernels, white) {
            for pixel in field.indices { scaled.pixels[pixel] = norm * deviation.pixels[pixel] * field[pixel] }
            kernel.addFiltered(scaled, to: &noise)
        }
        return noise
    }

    /// What an image of light on the first exposure alone leaves in the co-add.
    func coadded(_ image: Plane) -> [Float] {
        var coadded = [Float](repeating: 0, count: (image.height - 2) * (image.width - 2))
        kernels[0].addFiltered(image, to: &coadded)
        return coadded.map { $0 / Float(exposures) }
    }
}
