import Tensors

/// A stamp in the making, with a border of one pixel that resampling uses up.
struct Canvas {
    /// The stamp's height without its border.
    let height: Int
    let width: Int
    let sky: Sky
    let pointSpread: PointSpreadFunction

    /// The central source, and all other light that comes through the telescope, in ADU.
    var source: Plane
    var light: Plane
    /// Flaws of the detector in one exposure, in units of that exposure's σ.
    var flaws: Plane?
    var saturation: Saturation?
    var mask: Mask?

    init(height: Int, width: Int, sky: Sky, pointSpread: PointSpreadFunction) {
        self.height = height
        self.width = width
        self.sky = sky
        self.pointSpread = pointSpread
        source = Plane(height: height + 2, width: width + 2)
        light = source
    }

    /// From the centre of the stamp to its border.
    var half: SIMD2<Float> { SIMD2(Float(width), Float(height)) / 2 }

    /// The disc around the centre that belongs to the source: what is not the source has its centre outside. 3.5
    /// pixels, and 0.7 widths of wide point-spread functions.
    var clearRadius: Float { min(max(3.5, 0.7 * pointSpread.fullWidthHalfMaximum), half.min()) }

    /// √(pᵀ C p) / Σp² for the profile p, in ADU.
    func fluxOfUnitSignalToNoise(profile: Plane) -> Float {
        let profile = profile.withoutBorder
        let power = profile.reduce(into: Float(0)) { $0 += $1 * $1 }
        return sky.deviation(ofSumWeightedBy: profile, height: height, width: width) / power
    }

    /// The flux that a star at the centre would need for a signal-to-noise ratio of 1.
    func centralFluxOfUnitSignalToNoise() -> Float {
        var profile = Plane(height: height + 2, width: width + 2)
        profile.add(pointSpread, flux: 1, at: .zero)
        return fluxOfUnitSignalToNoise(profile: profile)
    }

    /// The level, its gradient, all light but the source, and flaws as resampling leaves them: without noise.
    func background() -> [Float] {
        var image = light.withoutBorder
        let middle = half - 0.5
        for row in 0..<height {
            let start = sky.level + (Float(row) - middle.y) * sky.gradient.y
            for column in 0..<width {
                image[row * width + column] += start + (Float(column) - middle.x) * sky.gradient.x
            }
        }
        if let flaws {
            let scale = sky.sigma * sky.resampling.noiseOfOneExposure
            let left = sky.resampling.coadded(flaws)
            for pixel in image.indices { image[pixel] += scale * left[pixel] }
        }
        return image
    }

    /// The stamp's noise.
    ///
    /// - Parameter white: white noise of variance 1 for each exposure, (height + 2, width + 2).
    func noise(white: [[Float]]) -> [Float] {
        var deviation = light
        let variance = sky.sigma * sky.sigma
        for pixel in deviation.pixels.indices {
            let light = abs(source.pixels[pixel] + light.pixels[pixel])
            deviation.pixels[pixel] = (variance + light / sky.gain).squareRoot()
        }
        return sky.resampling.noise(white: white, deviation: deviation)
    }

    /// The finished pixels.
    func pixels(source: [Float], background: [Float], white: [[Float]]) -> [Float] {
        var pixels = noise(white: white)
        for pixel in pixels.indices { pixels[pixel] += background[pixel] + source[pixel] }
        saturation?.apply(to: &pixels)
        mask?.apply(to: &pixels)
        return pixels
    }
}
