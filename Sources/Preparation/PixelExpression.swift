/// A value for each pixel, or one for all pixels that are normalised together, as operators give it that every library of
/// arrays has: what a normalisation is for other programs.
///
/// Computed in double precision; ``Normalization/expression`` gives the whole.
public indirect enum PixelExpression: Hashable, Sendable {
    /// The pixels as they are.
    case pixels
    case number(Double)
    /// The percentile of the pixels, from 0 to 100, with linear interpolation (`numpy.percentile`).
    case percentile(Double)
    /// The least, the largest, the sum and the mean over the pixels that are normalised together.
    case minimum(PixelExpression)
    case maximum(PixelExpression)
    case sum(PixelExpression)
    case mean(PixelExpression)
    case difference(PixelExpression, PixelExpression)
    case product(PixelExpression, PixelExpression)
    case quotient(PixelExpression, PixelExpression)
    /// The larger of two.
    case larger(PixelExpression, PixelExpression)
    case absolute(PixelExpression)
    case squareRoot(PixelExpression)
    case arcsinh(PixelExpression)
    case clipped(PixelExpression, Double, Double)
    /// The first where it is above 0, the other elsewhere.
    case positive(PixelExpression, otherwise: PixelExpression)
    /// (x − mean) / deviation of each channel's pixels with those of the channel.
    case standardized(means: [Double], deviations: [Double])
}

extension Normalization {
    /// What it makes of pixels that it can normalise; nil for `none`, and for `standard` before it is measured.
    ///
    /// Other pixels (all equal, not finite) give what is not finite, or where only σ_G counts what is far from 1.
    public var expression: PixelExpression? {
        switch self {
        case .none, .standard(nil): return nil
        case .notebook: return .quotient(.aboveFloor, .sum(.aboveFloor))
        case .mean: return .quotient(.aboveFloor, .mean(.aboveFloor))
        case .robust:
            return .clipped(
                .distance, Double(Self.clippingRange.lowerBound), Double(Self.clippingRange.upperBound))
        case .asinh:
            let softening = PixelExpression.number(Double(Self.asinhSoftening))
            return .product(softening, .arcsinh(.quotient(.distance, softening)))
        case .minmax:
            let least = PixelExpression.minimum(.pixels)
            return .quotient(.difference(.pixels, least), .difference(.maximum(.pixels), least))
        case .l2:
            // Where all pixels are 0 they stay 0.
            return .quotient(.pixels, .larger(.squareRoot(.sum(.product(.pixels, .pixels))), .number(1e-30)))
        case .zscore:
            let distance = PixelExpression.difference(.pixels, .mean(.pixels))
            return .quotient(distance, .squareRoot(.mean(.product(distance, distance))))
        case .percentile(let range):
            let low = PixelExpression.percentile(range.low)
            return .clipped(
                .quotient(.difference(.pixels, low), .difference(.percentile(range.high), low)), 0, 1)
        case .standard(let scaling?):
            guard scaling.means.count == 1 else {
                return .standardized(means: scaling.means, deviations: scaling.deviations)
            }
            return .linear(zero: scaling.means[0], unit: scaling.deviations[0])
        case .scale(let scaling): return .linear(zero: scaling.zero, unit: scaling.unit)
        }
    }
}

extension PixelExpression {
    /// σ_G = 0.7413 · (p75 − p25)
    private static let sigma = PixelExpression.product(
        .number(0.7413), .difference(.percentile(75), .percentile(25)))

    /// Pixels below p50 − 2σ_G become that; the least is subtracted.
    fileprivate static var aboveFloor: PixelExpression {
        let floor = PixelExpression.larger(
            .minimum(.pixels), .difference(.percentile(50), .product(.number(2), sigma)))
        return .difference(.larger(.pixels, floor), floor)
    }

    /// z = (x − p50) / σ_G, with √(π/2) times the mean |x − p50| in place of a σ_G that is 0.
    fileprivate static var distance: PixelExpression {
        let distance = PixelExpression.difference(.pixels, .percentile(50))
        let spread = PixelExpression.product(.number(1.2533141373155001), .mean(.absolute(distance)))
        return .quotient(distance, .positive(sigma, otherwise: spread))
    }

    fileprivate static func linear(zero: Double, unit: Double) -> PixelExpression {
        .quotient(.difference(.pixels, .number(zero)), .number(unit))
    }
}

extension StampPreparation {
    /// What another program's graph does with stamps in place of this; nil for nothing.
    ///
    /// Channels are chosen before: the graph takes those of ``channels``, in that order.
    /// - Returns: where there is a part that such a graph does not express, the option that asks for it.
    public var graph: (expression: PixelExpression?, inexpressible: String?) {
        let parts: [(String, Bool)] = [
            ("--fill", fill != nil), ("--mask-channel", maskChannel), ("--crop", crop != nil), ("--pad", pad != nil),
        ]
        return (normalization.expression, parts.first { $0.1 }?.0)
    }
}
