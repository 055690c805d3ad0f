import Tensors

/// A cosmic ray in one exposure: the pixels it lit, each with a sharp and uneven charge, in units of that exposure's σ.
///
/// 40 % are hits of one or two pixels, 40 % straight tracks (muons), 20 % worms, whose direction changes at every step
/// (electrons that scatter): D. E. Groom, *Cosmic rays and other nonsense in astronomical CCD imagers*, Exp. Astron.
/// 14, 45 (2002).
struct CosmicRay {
    private let entry: SIMD2<Float>
    private let steps: [SIMD2<Float>]
    private let brightness: Float
    private static let stepLength: Float = 0.25

    /// - Parameter entry: the first place that is lit, from the centre.
    init(_ random: inout RandomStream, entry: SIMD2<Float>) {
        self.entry = entry
        brightness = random.logUniform(8, 300)
        let form = random.uniformFloat()
        let length = form < 0.4 ? random.uniform(0, 1) : random.uniform(3, form < 0.8 ? 14 : 20)
        // A turn of 0.25 in a step of a quarter pixel bends by a radian or so within four pixels.
        let turning: Float = form < 0.8 ? 0 : 0.25
        var direction = random.direction()
        var steps: [SIMD2<Float>] = []
        for _ in 0..<Int(length / Self.stepLength) {
            steps.append(Self.stepLength * direction)
            if turning > 0 {
                let turned = direction + turning * random.uniform(-1.5, 1.5) * SIMD2(-direction.y, direction.x)
                direction = turned / (turned * turned).sum().squareRoot()
            }
        }
        self.steps = steps
    }

    /// Lights the pixels of an image.
    ///
    /// - Parameter clear: the track ends before it comes this near to the centre.
    func draw(on image: inout Plane, clear: Float, _ random: inout RandomStream) {
        let centre = image.centre
        var position = entry
        var last = -1
        for step in [SIMD2<Float>.zero] + steps {
            position += step
            if (position * position).sum() < clear * clear { return }
            let column = Int((position.x + centre.x).rounded()), row = Int((position.y + centre.y).rounded())
            guard row >= 0, row < image.height, column >= 0, column < image.width else { return }
            // A pixel is lit once, however many steps fall into it.
            if row * image.width + column == last { continue }
            last = row * image.width + column
            image.pixels[last] += brightness * random.uniform(0.6, 1.4)
        }
    }
}
