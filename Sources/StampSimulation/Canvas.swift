import Tensors

/// A stamp in the making, with a border of one pixel that resampling uses up.
struct Canvas {
    /// The stamp's height without its border.
    let height: Int
    let width: Int
    let sky: Sky
    let pointSpread: PointSpreadFunction

    /// The real sky in place of the simulated one's level, gradient and noise.
    let backdrop: Backdrop?

    /// The central source, and all other light that comes through the telescope, in ADU.
    var source: Plane
    var light: Plane
    /// Flaws of the detector in one exposure, in units of that exposure's σ.
    var flaws: Plane?
    var saturation: Saturation?
    var mask: Mask?
    var chipGap: ChipGap?

    /// The disc around the centre that belongs to the source: what is not the source has its centre outside.
    let clearRadius: Float
    /// The stamp is a co-add along a moving trajectory.
    let isAlongTrajectory: Bool

    /// - Parameter clearRadius: enlarged to 0.7 widths of wide point-spread functions, and at most as far as the border.
    init(
        height: Int, width: Int, sky: Sky, pointSpread: PointSpreadFunction, clearRadius: Float,
        isAlongTrajectory: Bool, backdrop: Backdrop? = nil
    ) {
        self.height = height
        self.width = width
        self.sky = sky
        self.pointSpread = pointSpread
        self.clearRadius = min(
            max(clearRadius, 0.7 * pointSpread.fullWidthHalfMaximum), Float(min(height, width)) / 2)
        self.isAlongTrajectory = isAlongTrajectory
        self.backdrop = backdrop
        source = Plane(height: height + 2, width: width + 2)
        light = source
    }

    /// From the centre of the stamp to its border.
    var half: SIMD2<Float> { SIMD2(Float(width), Float(height)) / 2 }

    /// √(pᵀ C p) / Σp² for the profile p, in ADU.
    func fluxOfUnitSignalToNoise(profile: Plane) -> Float {
        let profile = profile.withoutBorder
        let power = profile.reduce(into: Float(0)) { $0 += $1 * $1 }
        let deviation =
            backdrop.map {
                $0.sigma
                    * $0.correlation.deviation(
                        ofSumWeightedBy: Plane(height: height, width: width, pixels: profile))
            } ?? sky.deviation(ofSumWeightedBy: profile, height: height, width: width)
        return deviation / power
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
        if let backdrop {
            for pixel in image.indices { image[pixel] += backdrop.pixels[pixel] }
        } else {
            for row in 0..<height {
                let start = sky.level + (Float(row) - middle.y) * sky.gradient.y
                for column in 0..<width {
                    image[row * width + column] += start + (Float(column) - middle.x) * sky.gradient.x
                }
            }
        }
        if let chipGap {
            for pixel in image.indices {
                let position = SIMD2(Float(pixel % width), Float(pixel / width)) - middle
                guard chipGap.contains(position) else { continue }
                image[pixel] += chipGap.step * sky.sigma
                if let backdrop { image[pixel] += (chipGap.noise - 1) * (backdrop.pixels[pixel] - sky.level) }
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
        // The noise of a real sky is in its pixels.
        let variance = backdrop == nil ? sky.sigma * sky.sigma : 0
        for pixel in deviation.pixels.indices {
            let light = abs(source.pixels[pixel] + light.pixels[pixel])
            deviation.pixels[pixel] = (variance + light / sky.gain).squareRoot()
        }
        if let chipGap {
            for pixel in deviation.pixels.indices {
                let place = SIMD2(Float(pixel % deviation.width), Float(pixel / deviation.width))
                if chipGap.contains(place - deviation.centre) { deviation.pixels[pixel] *= chipGap.noise }
            }
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
