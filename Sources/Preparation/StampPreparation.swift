/// Everything that lies between the values of a stamp in its file and a network's input, in this order: channels are
/// chosen, pixels that are not finite filled, the middle is cropped, each channel normalised, and zeros are put around.
///
/// It is a part of a model: whoever applies the model needs no option.
public struct StampPreparation: Hashable, Sendable {
    /// The channels and their order; nil for all of a file, in its order.
    public var channels: ChannelSelection?
    /// What stands for pixels that are not finite; nil where stamps with such pixels cannot be used.
    public var fill: PixelFill?
    /// Whether a last channel tells where a pixel of any channel was filled: 1 there, 0 elsewhere. It is not
    /// normalised.
    public var maskChannel: Bool
    /// The middle that is cropped: from row ⌊(H − h) / 2⌋ and column ⌊(W − w) / 2⌋ on. Nil for whole stamps.
    public var crop: StampExtent?
    public var normalization: Normalization
    /// What is normalised as one.
    public var scope: NormalizationScope
    /// The size that zeros around make of a stamp, whose first row and column are then ⌊(H − h) / 2⌋ and
    /// ⌊(W − w) / 2⌋. Nil for none.
    public var pad: StampExtent?

    public init(
        _ normalization: Normalization = .notebook, scope: NormalizationScope = .channel,
        channels: ChannelSelection? = nil, fill: PixelFill? = nil, maskChannel: Bool = false,
        crop: StampExtent? = nil, pad: StampExtent? = nil
    ) {
        (self.normalization, self.scope) = (normalization, scope)
        (self.channels, self.fill, self.maskChannel) = (channels, fill, maskChannel)
        (self.crop, self.pad) = (crop, pad)
    }

    /// Whether it normalises, and nothing else, in a way that its name tells.
    public var isNamedNormalization: Bool {
        self == StampPreparation(normalization) && Normalization.named.contains(normalization)
    }

    /// The same with another normalisation. What was measured on the training set stays known.
    public func normalized(by other: Normalization?) -> StampPreparation {
        guard let other, other.unmeasured != normalization.unmeasured else { return self }
        var changed = self
        changed.normalization = other
        return changed
    }
}

/// As JSON: what is as usual is left out, but for `normalize`.
extension StampPreparation: Codable {
    private enum CodingKeys: String, CodingKey {
        case channels, fill, crop, pad
        case maskChannel = "mask_channel"
        case normalization = "normalize"
        case scope = "normalize_over"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(Normalization.self, forKey: .normalization),
            scope: try container.decodeIfPresent(NormalizationScope.self, forKey: .scope) ?? .channel,
            channels: try container.decodeIfPresent(ChannelSelection.self, forKey: .channels),
            fill: try container.decodeIfPresent(PixelFill.self, forKey: .fill),
            maskChannel: try container.decodeIfPresent(Bool.self, forKey: .maskChannel) ?? false,
            crop: try container.decodeIfPresent(StampExtent.self, forKey: .crop),
            pad: try container.decodeIfPresent(StampExtent.self, forKey: .pad))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(normalization, forKey: .normalization)
        if scope != .channel { try container.encode(scope, forKey: .scope) }
        try container.encodeIfPresent(channels, forKey: .channels)
        try container.encodeIfPresent(fill, forKey: .fill)
        if maskChannel { try container.encode(maskChannel, forKey: .maskChannel) }
        try container.encodeIfPresent(crop, forKey: .crop)
        try container.encodeIfPresent(pad, forKey: .pad)
    }
}
