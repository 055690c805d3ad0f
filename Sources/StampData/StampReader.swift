/// The way of a stamp from its file to the input of a network, in one place: copied from the file as it is, then
/// normalised in single precision, or put into the form from which it is augmented.
///
/// Whatever else belongs between a file and a network belongs here. A reader is a value; any thread may use it.
public struct StampReader: Sendable {
    public let collection: StampCollection
    public let normalization: Normalization

    public init(_ collection: StampCollection, _ normalization: Normalization) {
        self.collection = collection
        self.normalization = normalization
    }

    /// Values of a stamp as a network takes it.
    public var valueCount: Int { collection.pixels }

    /// A stamp as it is in its file, with memory to work on it. Valid only where it was handed out.
    public struct RawStamp {
        /// The stamp's pixels, row by row.
        public let pixels: UnsafePointer<Double>
        let count: Int
        /// Room for four stamps.
        let scratch: UnsafeMutablePointer<Double>
        let normalization: Normalization

        /// Normalises the stamp.
        ///
        /// - Parameter target: room for `valueCount` floats; undefined when the result is false.
        /// - Returns: whether the stamp can be used.
        public func normalize(into target: UnsafeMutablePointer<Float>) -> Bool {
            normalization.apply(pixels: pixels, count: count, scratch: scratch, into: target)
        }

        /// Whether the stamp can be used: whether it can be normalised.
        public var isUsable: Bool {
            normalize(
                into: UnsafeMutableRawPointer(scratch + 3 * count).bindMemory(to: Float.self, capacity: count))
        }

        /// Puts the stamp into the form in which it is kept until it is augmented and then normalised.
        ///
        /// - Parameter target: room for `valueCount` floats; undefined when the result is nil.
        /// - Returns: the sky's standard deviation in units of what is kept; nil when the stamp cannot be used.
        public func prepareForAugmentation(into target: UnsafeMutablePointer<Float>) -> Float? {
            normalization.prepareForAugmentation(pixels: pixels, count: count, scratch: scratch, into: target)
        }
    }

    /// Reads a run of stamps at once and hands them out one after the other.
    ///
    /// - Throws: a `missingInput` fault when a file cannot be opened or read any more, `badData` when it has changed;
    ///   and what `body` throws.
    public func forEach(_ stamps: Range<Int>, _ body: (_ stamp: Int, _ raw: RawStamp) throws -> Void) throws {
        let count = valueCount
        try withUnsafeTemporaryAllocation(of: Double.self, capacity: (stamps.count + 4) * count) { memory in
            let run = memory.baseAddress!
            try collection.copyStamps(stamps, into: run)
            for (place, stamp) in stamps.enumerated() {
                let raw = RawStamp(
                    pixels: run + place * count, count: count, scratch: run + stamps.count * count,
                    normalization: normalization)
                try body(stamp, raw)
            }
        }
    }

    /// Reads one stamp and normalises it.
    ///
    /// - Parameter target: room for `valueCount` floats; undefined when the result is false.
    /// - Returns: whether it can be used.
    /// - Throws: as `forEach` does.
    public func read(_ stamp: Int, into target: UnsafeMutablePointer<Float>) throws -> Bool {
        var isUsable = false
        try forEach(stamp..<stamp + 1) { isUsable = $1.normalize(into: target) }
        return isUsable
    }

    /// Reads one stamp into the form from which it is augmented.
    ///
    /// - Returns: the sky's standard deviation in units of what is kept; nil when it cannot be used.
    /// - Throws: as `forEach` does.
    public func readForAugmentation(_ stamp: Int, into target: UnsafeMutablePointer<Float>) throws -> Float? {
        var spread: Float?
        try forEach(stamp..<stamp + 1) { spread = $1.prepareForAugmentation(into: target) }
        return spread
    }
}
