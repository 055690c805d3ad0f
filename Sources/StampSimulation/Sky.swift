import Tensors

/// The sky below a stamp: a level with a gradient, both of any sign and size, and the photon noise of sky and stars.
///
/// The variance of a pixel is σ² + |light| / gain before resampling: σ² is the sky's own photon noise, brightness /
/// gain for at least 50 photons a pixel, where Poisson's distribution is normal but for a skewness of 0.14. The level
/// says nothing about σ: a survey may have subtracted the sky, or added anything to it.
public struct Sky: Hashable, Sendable {
    /// What the stamp's centre holds without any light, in ADU.
    public let level: Float
    /// Standard deviation of a pixel far from stars, in ADU.
    public let sigma: Float
    /// Photons to an ADU, over all exposures of the co-add.
    public let gain: Float
    /// Change of the level per pixel along x and y, in ADU.
    public let gradient: SIMD2<Float>
    /// What the noise went through.
    public let resampling: Resampling

    /// One as drawn for the survey: brightness 100 to 10,000 ADU, gain 0.5 to 8, both log-uniform.
    ///
    /// The level is the brightness in 40 % of the stamps, within ±3 σ of 0 in another 40 %, and ±3 to ±3,000 σ
    /// (log-uniform) in the rest. The gradient from the centre to the border is up to 0.75 σ in 80 % of the stamps and
    /// 0.3 to 5 σ (log-uniform) in the rest.
    init(_ random: inout RandomStream, height: Int, width: Int, resampling: Resampling) {
        let brightness = random.logUniform(100, 10_000)
        gain = random.logUniform(0.5, 8)
        sigma = (brightness / gain).squareRoot()
        level =
            switch random.uniformFloat() {
            case ..<0.4: brightness
            case ..<0.8: sigma * random.uniform(-3, 3)
            default: sigma * random.sign() * random.logUniform(3, 3000)
            }
        let slope = random.happens(0.8) ? random.uniform(0, 0.75) : random.logUniform(0.3, 5)
        gradient = slope * sigma * random.direction() / (SIMD2(Float(width), Float(height)) / 2)
        self.resampling = resampling
    }

    init(level: Float, sigma: Float, gain: Float, gradient: SIMD2<Float>, resampling: Resampling) {
        self.level = level
        self.sigma = sigma
        self.gain = gain
        self.gradient = gradient
        self.resampling = resampling
    }

    /// The same number of photons on a sky of this level and σ, without a gradient.
    func replaced(level: Float, sigma: Float) -> Sky {
        Sky(
            level: level, sigma: sigma, gain: gain * self.sigma / sigma, gradient: .zero, resampling: resampling)
    }

    /// Standard deviation of Σ profile · noise, in ADU: √(profileᵀ C profile) for the noise's covariance C.
    ///
    /// - Parameter profile: (height, width).
    public func deviation(ofSumWeightedBy profile: [Float], height: Int, width: Int) -> Float {
        sigma * resampling.deviation(ofSumWeightedBy: profile, height: height, width: width)
    }
}
