import Tensors

/// A star in a co-add along a moving trajectory: it stands still on the sky, so that each exposure that is shifted along
/// the trajectory shows it elsewhere, and the co-add draws it out into a dash, or into dots where it moves farther than
/// its width from one exposure to the next.
struct MovingStar: Hashable, Sendable {
    /// How exposures are put together.
    enum Stacking: Hashable, Sendable {
        case mean, median
    }

    /// Where the star is in each exposure, from the stamp's centre, in pixels.
    let places: [SIMD2<Float>]
    let stacking: Stacking

    init(places: [SIMD2<Float>], stacking: Stacking) {
        precondition(!places.isEmpty, "a star of no exposure")
        self.places = places
        self.stacking = stacking
    }

    /// A path that crosses the stamp.
    ///
    /// - Parameters:
    ///   - exposures: of the co-add.
    ///   - spacing: how far the star moves from one exposure to the next, in pixels.
    ///   - half: the distance of the border.
    ///   - clear: the path passes at least this far from the centre.
    init(
        _ random: inout RandomStream, exposures: Int, spacing: Float, half: Float, clear: Float, stacking: Stacking
    ) {
        let direction = random.direction()
        let aside = random.sign() * random.uniform(clear, max(0.8 * half, clear)) * SIMD2(-direction.y, direction.x)
        let length = Float(exposures - 1) * spacing
        // The middle of the path: somewhere on it is as near to the centre as `aside` is.
        let middle = aside + random.uniform(-0.5, 0.5) * length * direction
        self.init(
            places: (0..<exposures).map { middle + (Float($0) * spacing - length / 2) * direction }, stacking: stacking)
    }

    /// The same path a little beside.
    func shifted(by shift: SIMD2<Float>) -> MovingStar {
        MovingStar(places: places.map { $0 + shift }, stacking: stacking)
    }

    /// Adds the star's light in the co-add.
    ///
    /// - Parameter flux: of the star in each exposure.
    func add(_ pointSpread: PointSpreadFunction, flux: Float, to image: inout Plane) {
        switch stacking {
        case .mean:
            for place in places { image.add(pointSpread, flux: flux / Float(places.count), at: place) }
        case .median:
            let exposures = places.map { place in
                var exposure = Plane(height: image.height, width: image.width)
                exposure.add(pointSpread, flux: flux, at: place)
                return exposure.pixels
            }
            for pixel in image.pixels.indices {
                let sorted = exposures.map { $0[pixel] }.sorted()
                let middle = sorted.count / 2
                image.pixels[pixel] +=
                    sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
            }
        }
    }
}
