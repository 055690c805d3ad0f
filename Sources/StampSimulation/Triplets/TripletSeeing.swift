import Tensors

/// The seeing of two images and how well one is brought to that of the other before they are subtracted.
///
/// The wider image is the sharper one after a Gaussian blur. What is subtracted went through that blur up to an error
/// of registration, width and scale:
///
///     difference = science − matching(reference), or matching(science) − reference if science is the sharper one
struct TripletSeeing: Hashable, Sendable {
    /// Of the sharper image.
    let pointSpread: PointSpreadFunction
    let scienceIsSharper: Bool
    /// Full width at half maximum in each image, in pixels: widths add up as their squares, as those of Gaussians do.
    let scienceWidth: Float
    let referenceWidth: Float
    let blur: BlurKernel
    let matching: BlurKernel
    /// Registration is wrong by more than it usually is.
    let isOutOfPlace: Bool

    /// What matching gets wrong.
    struct Errors {
        /// How far the matched image is out of place, in pixels.
        let shift: SIMD2<Float>
        /// Of the blur's variance along x and y, as a part of the variance of the point-spread function.
        let variance: SIMD2<Float>
        let scale: Float
        /// The shift is larger than usual.
        let isOutOfPlace: Bool

        /// Up to 0.05 pixels, 1.5 % of the variance, 0.3 % of the flux; more for kinds that are about it: a dipole's
        /// whole image may be up to 0.8 pixels out of place, a star's residual 8 to 30 % too wide or, where there is
        /// room for it, too narrow.
        init(_ random: inout RandomStream, _ kind: SimulatedTriplet.Kind) {
            var shift = 0.05 * random.pointInDisc()
            isOutOfPlace = kind == .dipole && random.happens(0.5)
            if isOutOfPlace { shift = random.uniform(0.2, 0.8) * random.direction() }
            var variance = 0.015 * SIMD2(random.uniform(-1, 1), random.uniform(-1, 1))
            if kind == .starResidual {
                variance +=
                    random.uniform(0.08, 0.3) * (random.happens(0.5) ? SIMD2(1, 1) : SIMD2(1, -1))
                    * random.sign()
            }
            self.shift = shift
            self.variance = variance
            scale = 1 + 0.003 * random.uniform(-1, 1)
        }
    }

    /// One as drawn for the survey: in three of four triplets the reference is sharper, by up to 40 % but not below 1.2
    /// pixels, in the others wider by up to 30 %.
    init(_ random: inout RandomStream, fullWidths: ClosedRange<Float>, errors: Errors) {
        let wanted = PointSpreadFunction(&random, fullWidths: fullWidths)
        scienceWidth = wanted.fullWidthHalfMaximum
        scienceIsSharper = random.happens(0.25)
        referenceWidth =
            scienceIsSharper
            ? scienceWidth * random.uniform(1, 1.3)
            : min(max(scienceWidth * random.uniform(0.6, 1), 1.2), scienceWidth)
        let sharper = min(scienceWidth, referenceWidth), wider = max(scienceWidth, referenceWidth)
        pointSpread = PointSpreadFunction(
            fullWidthHalfMaximum: sharper, moffatIndex: wanted.moffatIndex,
            gaussianFraction: wanted.gaussianFraction, ellipticity: wanted.ellipticity)
        // A Gaussian's variance is width² / 8 ln 2.
        let variance = (wider * wider - sharper * sharper) / 5.54517744
        blur = BlurKernel(variance: SIMD2(repeating: variance))
        let matched = variance + wider * wider / 5.54517744 * errors.variance
        matching = BlurKernel(
            variance: SIMD2(max(matched.x, 0), max(matched.y, 0)), shift: errors.shift, scale: errors.scale)
        isOutOfPlace = errors.isOutOfPlace
    }

    /// What a filter may take from beyond an image's border.
    var reach: Int { max(blur.reach, matching.reach) }

    /// The image of light as the sharper image has it, in the science image.
    func inScience(_ light: Plane) -> Plane { scienceIsSharper ? light : blur.applied(to: light) }

    func inReference(_ light: Plane) -> Plane { scienceIsSharper ? blur.applied(to: light) : light }

    func difference(science: Plane, reference: Plane) -> Plane {
        scienceIsSharper
            ? matching.applied(to: science).less(reference) : science.less(matching.applied(to: reference))
    }

    /// The weights that science and reference have in Σ weight · difference.
    func weights(_ weights: Plane) -> (science: Plane, reference: Plane) {
        let matched = matching.transposed.applied(to: weights)
        return scienceIsSharper ? (matched, weights) : (weights, matched)
    }
}

extension Plane {
    fileprivate func less(_ other: Plane) -> Plane {
        var difference = self
        for pixel in difference.pixels.indices { difference.pixels[pixel] -= other.pixels[pixel] }
        return difference
    }
}
