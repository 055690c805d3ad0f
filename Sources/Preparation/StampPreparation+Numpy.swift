/// The same in another language.
extension StampPreparation {
    /// A function of numpy, `prepare(stamps)`, that gives what this gives, up to rounding: from stamps (N, height, width,
    /// channels) of any type to float32.
    public var numpy: String {
        (["import numpy as np", "", "", "def prepare(x):  # (N, height, width, channels): \(normalization)"]
            + (["x = np.asarray(x, float)"] + selection + filling + cropping + normalizing + result)
            .map { "    \($0)" })
            .joined(separator: "\n") + "\n"
    }

    private var selection: [String] {
        guard let channels else { return [] }
        let numbers = channels.channels.compactMap { Int($0) }
        guard numbers.count == channels.channels.count else { return ["# x has the channels \(channels)"] }
        return ["x = x[..., \(numbers)]"]
    }

    private var filling: [String] {
        let wanted: String
        switch fill {
        case nil: return []
        case .zero?: wanted = "0"
        case .median?: wanted = "np.nanmedian(x, (1, 2), keepdims=True)"
        case .minimum?: wanted = "np.nanmin(x, (1, 2), keepdims=True)"
        }
        return ["bad = ~np.isfinite(x)", "x = np.where(bad, np.nan, x)", "x = np.where(bad, \(wanted), x)"]
    }

    private var cropping: [String] {
        guard let crop else { return [] }
        return [
            "top, left = (x.shape[1] - \(crop.height)) // 2, (x.shape[2] - \(crop.width)) // 2",
            "middle = (slice(None), slice(top, top + \(crop.height)), slice(left, left + \(crop.width)))",
            maskChannel ? "x, bad = x[middle], bad[middle]" : "x = x[middle]",
        ]
    }

    private var axes: String { scope == .stamp ? "(1, 2, 3)" : "(1, 2)" }

    private func reduced(_ function: String, _ value: String) -> String {
        "np.\(function)(\(value), \(axes), keepdims=True)"
    }

    private func percentiles(_ numbers: String) -> String {
        "np.percentile(x, \(numbers), \(axes), keepdims=True)"
    }

    private var normalizing: [String] {
        let quartiles = ["p25, p50, p75 = \(percentiles("[25, 50, 75]"))", "sigma = 0.7413 * (p75 - p25)"]
        let distance =
            quartiles + [
                "spread = np.sqrt(np.pi / 2) * \(reduced("mean", "abs(x - p50)"))",
                "x = (x - p50) / np.where(sigma > 0, sigma, spread)",
            ]
        switch normalization {
        case .none: return []
        case .notebook, .mean:
            return quartiles + [
                "x = np.maximum(x, p50 - 2 * sigma)", "x = x - \(reduced("min", "x"))",
                "x = x / \(reduced(normalization == .mean ? "mean" : "sum", "x"))",
            ]
        case .robust:
            let range = Normalization.clippingRange
            return distance + ["x = np.clip(x, \(range.lowerBound), \(range.upperBound))"]
        case .asinh:
            let softening = Normalization.asinhSoftening
            return distance + ["x = \(softening) * np.arcsinh(x / \(softening))"]
        case .minmax:
            return [
                "low, high = \(reduced("min", "x")), \(reduced("max", "x"))", "x = (x - low) / (high - low)",
            ]
        case .l2: return ["x = x / np.maximum(np.sqrt(\(reduced("sum", "x * x"))), 1e-30)"]
        case .zscore: return ["x = (x - \(reduced("mean", "x"))) / \(reduced("std", "x"))"]
        case .percentile(let range):
            return [
                "low, high = \(percentiles("[\(range.low), \(range.high)]"))",
                "x = np.clip((x - low) / (high - low), 0, 1)",
            ]
        case .standard(let scaling):
            guard let scaling else { preconditionFailure("the training set was not measured") }
            return ["x = (x - np.array(\(scaling.means))) / np.array(\(scaling.deviations))"]
        case .scale(let scaling): return ["x = (x - \(scaling.zero)) / \(scaling.unit)"]
        }
    }

    private var result: [String] {
        var lines: [String] = []
        if maskChannel { lines.append("x = np.concatenate([x, bad.any(-1, keepdims=True)], -1)") }
        if let pad {
            lines += [
                "rows, columns = \(pad.height) - x.shape[1], \(pad.width) - x.shape[2]",
                "around = ((0, 0), (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2), (0, 0))",
                "x = np.pad(x, around)",
            ]
        }
        return lines + ["return x.astype(np.float32)"]
    }
}
