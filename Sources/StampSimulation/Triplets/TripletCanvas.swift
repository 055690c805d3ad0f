import Tensors

/// A triplet in the making. Its planes are wider than the stamp on each side by what matching and resampling use up.
struct TripletCanvas {
    /// Of the stamp.
    let height: Int
    let width: Int
    let conditions: TripletConditions

    /// The light that both images show, as the sharper one does, in ADU.
    var light: Plane
    /// The light that science alone shows: of the central source, and of stars that have moved, less their old places.
    var source: Plane
    var change: Plane
    /// The light on science that is in its own focus: trails.
    var trails: Plane
    /// Flaws of the detector, (height + 2, width + 2), in units of science's σ.
    var scienceFlaws: Plane?
    var referenceFlaws: Plane?
    var scienceSaturation: Saturation?
    var referenceSaturation: Saturation?
    var mask: Mask?

    /// The disc around the centre that belongs to the source.
    let clearRadius: Float

    /// - Parameter clearRadius: enlarged to 0.7 widths of wide point-spread functions, and at most as far as the border.
    init(height: Int, width: Int, conditions: TripletConditions, clearRadius: Float) {
        self.height = height
        self.width = width
        self.conditions = conditions
        self.clearRadius = min(
            max(clearRadius, 0.7 * conditions.seeing.scienceWidth), Float(min(height, width)) / 2)
        let border = 2 * (conditions.seeing.reach + 1)
        light = Plane(height: height + border, width: width + border)
        (source, change, trails) = (light, light, light)
    }

    var seeing: TripletSeeing { conditions.seeing }
    var sigma: Float { conditions.science.sigma }
    /// Of the planes on each side of the stamp.
    var border: Int { (light.height - height) / 2 }
    /// From the centre of the stamp to its border.
    var half: SIMD2<Float> { SIMD2(Float(width), Float(height)) / 2 }

    /// The flux that a star at the centre would need for a signal-to-noise ratio of 1 in science.
    func fluxOfUnitSignalToNoise() -> Float {
        var star = Plane(height: light.height, width: light.width)
        star.add(seeing.pointSpread, flux: 1, at: .zero)
        let profile = seeing.inScience(star).cropped(by: border)
        let power = profile.reduce(into: Float(0)) { $0 += $1 * $1 }
        return conditions.science.deviation(ofSumWeightedBy: profile, height: height, width: width) / power
    }

    /// The new light of the central source in each image, from its light as the sharper image has it.
    func images(ofSource source: Plane) -> TripletChannels {
        let none = Plane(height: source.height, width: source.width), science = seeing.inScience(source)
        return TripletChannels(
            science: science.cropped(by: border), reference: none.cropped(by: border),
            difference: seeing.difference(science: science, reference: none).cropped(by: border))
    }

    /// What flaws of the detector, cosmic rays and trails add to each image.
    func imagesOfArtefacts() -> TripletChannels {
        let none = Plane(height: trails.height, width: trails.width)
        return channels(
            science: image(light: trails, flaws: scienceFlaws, sky: conditions.science, white: nil),
            reference: image(light: none, flaws: referenceFlaws, sky: conditions.reference, white: nil))
    }

    private func channels(science: Plane, reference: Plane) -> TripletChannels {
        TripletChannels(
            science: science.cropped(by: border - 1), reference: reference.cropped(by: border - 1),
            difference: seeing.difference(science: science, reference: reference).cropped(by: border - 1))
    }

    /// The three images.
    ///
    /// - Parameter white: white noise of variance 1 of science and reference, (height, width) of the planes; nil for
    ///   images without noise, saturation and masks.
    func images(white: (science: [Float], reference: [Float])?) -> TripletChannels {
        var all = light
        for pixel in all.pixels.indices { all.pixels[pixel] += source.pixels[pixel] + change.pixels[pixel] }
        var inScience = seeing.inScience(all)
        for pixel in inScience.pixels.indices { inScience.pixels[pixel] += trails.pixels[pixel] }
        var science = image(light: inScience, flaws: scienceFlaws, sky: conditions.science, white: white?.science)
        var reference = image(
            light: seeing.inReference(light), flaws: referenceFlaws, sky: conditions.reference,
            white: white?.reference)
        conditions.stripes?.draw(on: &science)
        if white != nil {
            scienceSaturation?.apply(to: &science.pixels)
            referenceSaturation?.apply(to: &reference.pixels)
        }
        var images = channels(science: science, reference: reference)
        addSkies(to: &images)
        if white != nil, let mask {
            mask.apply(to: &images.science)
            mask.withoutLevel.apply(to: &images.difference)
        }
        return images
    }

    /// Light with its noise and flaws over the whole plane but for the pixel that resampling uses up, without a sky.
    private func image(light: Plane, flaws: Plane?, sky: Sky, white: [Float]?) -> Plane {
        var image = Plane(height: light.height - 2, width: light.width - 2, pixels: light.withoutBorder)
        if let flaws {
            let flaws = Plane(height: height, width: width, pixels: sky.resampling.coadded(flaws))
                .bordered(by: border - 1)
            for pixel in image.pixels.indices { image.pixels[pixel] += sigma * flaws.pixels[pixel] }
        }
        guard let white else { return image }
        var deviation = light
        for pixel in deviation.pixels.indices {
            deviation.pixels[pixel] = (sky.sigma * sky.sigma + abs(light.pixels[pixel]) / sky.gain).squareRoot()
        }
        for (pixel, noise) in sky.resampling.noise(white: [white], deviation: deviation).enumerated() {
            image.pixels[pixel] += noise
        }
        return image
    }

    private func addSkies(to images: inout TripletChannels) {
        let middle = half - 0.5
        func add(_ level: Float, _ gradient: SIMD2<Float>, to image: inout [Float]) {
            for pixel in image.indices {
                let from = SIMD2(Float(pixel % width), Float(pixel / width)) - middle
                image[pixel] += level + (gradient * from).sum()
            }
        }
        add(conditions.science.level, conditions.science.gradient, to: &images.science)
        add(conditions.reference.level, conditions.reference.gradient, to: &images.reference)
        add(conditions.residualLevel, conditions.residualGradient, to: &images.difference)
    }
}
