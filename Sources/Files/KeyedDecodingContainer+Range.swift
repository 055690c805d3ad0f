extension KeyedDecodingContainer {
    /// More of anything than there is, and few enough that sums of some of them do not overflow.
    package static var mostOfAnything: Int { 1 << 53 }

    /// A whole number from a file that anybody may have edited.
    ///
    /// - Throws: `DecodingError` when it is missing, or not within the range.
    package func decode(_ range: ClosedRange<Int>, forKey key: Key) throws -> Int {
        let number = try decode(Int.self, forKey: key)
        guard range.contains(number) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription: "\(number) is not from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// How many of something there are, from 0 unless another number is the least.
    package func decodeCount(from least: Int = 0, forKey key: Key) throws -> Int {
        try decode(least...Self.mostOfAnything, forKey: key)
    }
}
