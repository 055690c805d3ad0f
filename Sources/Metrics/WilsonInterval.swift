/// A confidence interval of a share of successes, from a count of them.
///
/// With k successes in n trials, p = k/n and z standard deviations: (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 +
/// z²/n). Unlike p ± √(p(1 − p)/n) it stays within 0 … 1 and is informative for k = 0 and k = n too. Source: E. B.
/// Wilson, J. Am. Stat. Assoc. 22, 209 (1927); the default of `astropy.stats.binom_conf_interval`.
public struct WilsonInterval: Hashable, Sendable {
    /// Standard deviations of a two-sided interval of 95 %.
    public static let deviationsFor95Percent = 1.959963984540054

    /// k/n, which is inside the interval but not in its middle.
    public let share: Double
    public let lower: Double
    public let upper: Double

    /// - Parameters:
    ///   - trials: at least 1.
    ///   - deviations: z: 1 for an error bar of 68.27 %.
    public init(successes: Int, trials: Int, deviations z: Double = deviationsFor95Percent) {
        precondition(trials > 0 && (0...trials).contains(successes), "\(successes) successes in \(trials) trials")
        let n = Double(trials)
        share = Double(successes) / n
        let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
        // Rounding may leave 1e-17 where the formula gives 0.
        lower = successes == 0 ? 0 : max(0, middle - half)
        upper = successes == trials ? 1 : min(1, middle + half)
    }
}
