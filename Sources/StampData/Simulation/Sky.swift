import CKernels
import Tensors

/// The sky below a stamp: a level with a gradient, and noise that is correlated between neighbours as resampling
/// leaves it in co-added images.
///
/// White noise w of variance 1 is made a border wider than the stamp, scaled to √(σ² + |light| / gain), the photon
/// noise of sky and stars, and convolved with k k', k = (a, 1, a) / √(1 + 2a²). Far from stars the noise therefore has
/// variance σ² and, along a row or a column, correlation 2a / (1 + 2a²) at a lag of one pixel, a² / (1 + 2a²) at two,
/// and none beyond; that of (Δx, Δy) is the product of both.
public struct Sky: Hashable, Sendable {
    /// Brightness at the centre of the stamp, in ADU.
    public let level: Float
    /// Standard deviation of a pixel far from stars, in ADU: √(level / gain).
    public let sigma: Float
    /// Photons to an ADU, over all exposures of the co-add.
    public let gain: Float
    /// Change of the level per pixel along x and y, in ADU.
    public let gradient: SIMD2<Float>
    /// a, the weight of a neighbour in the convolution.
    public let neighbourWeight: Float

    /// One of the survey: level 300 to 3,000 ADU, gain 1 to 8 (both log-uniform), a 0.05 to 0.3, and a gradient of up to
    /// ±0.75 σ from the centre to the border along each axis.
    init(_ random: inout RandomStream, height: Int, width: Int) {
        level = random.logUniform(300, 3000, logOfRatio: 2.30258509)
        gain = random.logUniform(1, 8, logOfRatio: 2.07944154)
        sigma = (level / gain).squareRoot()
        gradient =
            sigma * SIMD2(random.uniform(-0.75, 0.75), random.uniform(-0.75, 0.75))
            / (SIMD2(Float(width), Float(height)) / 2)
        neighbourWeight = random.uniform(0.05, 0.3)
    }

    /// Correlation of two pixels that lie `lag` pixels apart in a row or a column, far from stars.
    public func correlation(lag: Int) -> Float {
        let norm = 1 + 2 * neighbourWeight * neighbourWeight
        switch abs(lag) {
        case 0: return 1
        case 1: return 2 * neighbourWeight / norm
        case 2: return neighbourWeight * neighbourWeight / norm
        default: return 0
        }
    }

    /// Standard deviation of Σ profile · noise, in ADU: √(profileᵀ C profile) for the noise's covariance C.
    ///
    /// - Parameter profile: (height, width).
    public func deviation(ofSumWeightedBy profile: [Float], height: Int, width: Int) -> Float {
        // C = K Kᵀ with K the convolution, so the variance is |Kᵀ profile|²; k is symmetric.
        var bordered = [Float](repeating: 0, count: (height + 4) * (width + 4))
        for row in 0..<height {
            for column in 0..<width {
                bordered[(row + 2) * (width + 4) + column + 2] = profile[row * width + column]
            }
        }
        let filtered = convolved(bordered, height: height + 4, width: width + 4)
        return sigma * filtered.reduce(into: Float(0)) { $0 += $1 * $1 }.squareRoot()
    }

    /// The convolution with k k', which keeps the variance of white noise: one pixel is lost on each side.
    func convolved(_ image: [Float], height: Int, width: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: (height - 2) * (width - 2)) { out, count in
            correlate_neighbours(image, height, width, neighbourWeight, out.baseAddress!)
            count = (height - 2) * (width - 2)
        }
    }

    /// What the convolution multiplies a smooth image by.
    var gainOfConvolution: Float {
        let axis = (1 + 2 * neighbourWeight) * (1 + 2 * neighbourWeight)
        return axis / (1 + 2 * neighbourWeight * neighbourWeight)
    }
}
