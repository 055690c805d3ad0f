import CKernels
import Tensors

/// A regular pattern along columns or rows, as electronics leave: amplitude · cos(2π (place / period + phase)).
struct Stripes: Hashable, Sendable {
    private let isAlongColumns: Bool
    private let period: Float
    private let phase: Float
    private let amplitude: Float

    /// Nine of ten along columns, of a period of 2 to 6 pixels, up to 0.6 σ strong.
    init(_ random: inout RandomStream, sigma: Float) {
        isAlongColumns = random.happens(0.9)
        period = random.uniform(2, 6)
        phase = random.uniformFloat()
        amplitude = sigma * random.uniform(0.1, 0.6)
    }

    func draw(on image: inout Plane) {
        image.add { position in
            amplitude * portable_cosine_of_turns((isAlongColumns ? position.x : position.y) / period + phase)
        }
    }
}
