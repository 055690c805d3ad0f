/// What stands for pixels that are NaN or infinite: `--fill`.
public enum PixelFill: String, Codable, Hashable, Sendable, CaseIterable {
    /// 0.
    case zero
    /// The median of the channel's finite pixels in the stamp; there must be one.
    case median
    /// The least of the channel's finite pixels in the stamp; there must be one.
    case minimum
}
