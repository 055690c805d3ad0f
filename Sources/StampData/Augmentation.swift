/// How a training stamp is varied each time that it is drawn. A strength of 0 switches a kind off.
public struct Augmentation: Codable, Hashable, Sendable {
    /// Whether a stamp is turned and mirrored: all eight symmetries of the square, or the four of a rectangle, equally
    /// often.
    public var symmetries: Bool
    /// The farthest that a stamp is shifted along each axis, in pixels: uniform up to there, for one stamp in two.
    public var shift: Float
    /// The most noise that is added, in standard deviations of the stamp's sky: uniform from 0.
    public var noise: Float
    /// How much contrast varies: normalised pixels become (x − mean)·f + mean with f uniform in 1 ± this.
    public var contrast: Float

    public init(symmetries: Bool = false, shift: Float = 0, noise: Float = 0, contrast: Float = 0) {
        (self.symmetries, self.shift, self.noise, self.contrast) = (symmetries, shift, noise, contrast)
    }

    /// Stamps as they are.
    public static let none = Augmentation()
    /// Every kind, as strong as is usual.
    public static let all = Augmentation(symmetries: true, shift: 0.5, noise: 1, contrast: 0.2)
}

extension Augmentation: CustomStringConvertible {
    /// What varies, by the words of the command line: `symmetries, shifts 0.5, noise 1.0`, or `none`.
    public var description: String {
        var kinds: [String] = []
        if symmetries { kinds.append("symmetries") }
        if shift > 0 { kinds.append("shifts \(shift)") }
        if noise > 0 { kinds.append("noise \(noise)") }
        if contrast > 0 { kinds.append("contrast \(contrast)") }
        return kinds.isEmpty ? "none" : kinds.joined(separator: ", ")
    }
}
