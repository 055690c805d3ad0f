import Tensors

/// The part of a co-add that fewer exposures cover, beyond the border of a detector or in the gap between two: there the
/// noise is larger, and the level may be another, where the exposures' skies were not matched.
struct ChipGap: Hashable, Sendable {
    private let isColumn: Bool
    /// The covered part of the columns or rows, from the centre.
    private let uncovered: ClosedRange<Float>
    /// The noise there, in units of that elsewhere.
    let noise: Float
    /// What is added to the level, in σ.
    let step: Float

    /// Half are gaps of 3 to 10 pixels, half a border beyond which all is less covered, anywhere up to 0.8 times as far
    /// from the centre as the stamp's border (`half`). There 30 to 90 % of the exposures are missing; the step is 0.3 to
    /// 5 σ (log-uniform) up or down, in half of the stamps 0.
    init(_ random: inout RandomStream, half: Float) {
        isColumn = random.happens(0.5)
        let place = 0.8 * half * random.uniform(-1, 1)
        if random.happens(0.5) {
            uncovered = place...(place + random.uniform(3, 10))
        } else {
            // The larger part is as well covered as any: it is what normalisation goes by.
            uncovered = place > 0 ? place...Float.greatestFiniteMagnitude : -Float.greatestFiniteMagnitude...place
        }
        noise = 1 / (1 - random.uniform(0.3, 0.9)).squareRoot()
        step = random.happens(0.5) ? random.sign() * random.logUniform(0.3, 5) : 0
    }

    /// Whether a position from the stamp's centre is in the part that fewer exposures cover.
    func contains(_ position: SIMD2<Float>) -> Bool { uncovered.contains(isColumn ? position.x : position.y) }
}
