extension Range<Int> {
    /// Cuts the range into `parts` adjacent runs that cover it, as equal as possible: the first runs are longer by one
    /// unit, and with more parts than units the last runs are empty.
    ///
    /// Nested cuts share microbatches among ranks, then a rank's run among its lanes:
    /// `(0..<microbatches).balancedRuns(over: ranks)[rank].balancedRuns(over: lanes)[lane]`.
    ///
    /// - Parameters:
    ///   - parts: how many runs, at least one.
    ///   - unit: every boundary but the last lies a multiple of this after `lowerBound`. Sixteen floats are one cache
    ///     line, so that two lanes never write the same one.
    public func balancedRuns(over parts: Int, multipleOf unit: Int = 1) -> [Range<Int>] {
        precondition(parts >= 1, "a range cannot be cut into \(parts) runs")
        precondition(unit >= 1, "runs cannot be multiples of \(unit)")
        let units = (count + unit - 1) / unit
        let (share, longer) = units.quotientAndRemainder(dividingBy: parts)
        func boundary(_ part: Int) -> Int {
            Swift.min(lowerBound + (part * share + Swift.min(part, longer)) * unit, upperBound)
        }
        return (0..<parts).map { boundary($0)..<boundary($0 + 1) }
    }
}
