import CKernels
import Tensors

/// Reads stamps of a collection as a network sees them: the one place where the pixels of a file become a network's
/// input. Whatever else belongs between a file and a network belongs here.
///
///     pixels as they are in the file → doubles (height, width) → normalised → floats (height, width)
///
/// A value without state that all threads share: each call has scratch memory of its own.
public struct StampReader: Sendable {
    public let collection: StampCollection
    public let normalization: Normalization

    public init(_ collection: StampCollection, _ normalization: Normalization) {
        self.collection = collection
        self.normalization = normalization
    }

    /// Floats of one stamp as the network sees it.
    public var valueCount: Int { collection.values }

    /// Reads and normalises one stamp. Any thread.
    ///
    /// - Parameters:
    ///   - target: room for `valueCount` floats; undefined when the result is false.
    ///   - spread: as in `RawStamp.write(to:spread:)`.
    /// - Returns: whether the stamp can be used.
    /// - Throws: `Fault` when its file cannot be read.
    public func read(
        _ stamp: Int, into target: MutableFloatView, spread: UnsafeMutablePointer<Float>? = nil
    ) throws -> Bool {
        try read(stamp) { $0.write(to: target, spread: spread) }
    }

    /// One stamp as the network sees it, or nil when it cannot be normalised.
    ///
    /// - Throws: `Fault` when its file cannot be read.
    public func values(of stamp: Int) throws -> [Float]? {
        var isUsable = false
        let values = try [Float](unsafeUninitializedCapacity: valueCount) { memory, initialized in
            isUsable = try read(stamp, into: MutableFloatView(memory.baseAddress!, count: valueCount))
            if isUsable { initialized = valueCount }
        }
        return isUsable ? values : nil
    }

    /// Reads one stamp and hands it to `body` as it is in the file. Any thread.
    ///
    /// - Throws: `Fault` when its file cannot be read; what `body` throws.
    public func read<Value>(_ stamp: Int, _ body: (RawStamp) throws -> Value) throws -> Value {
        var value: Value?
        try forEach(stamp..<stamp + 1) { value = try body($0) }
        return value!
    }

    /// Reads a run of stamps at once and hands them to `body` one after the other. Any thread.
    ///
    /// - Throws: `Fault` when a file cannot be read, before `body` has seen a stamp; what `body` throws.
    public func forEach(_ stamps: Range<Int>, _ body: (RawStamp) throws -> Void) throws {
        let count = collection.values
        let doubles = stamps.count * count + RawStamp.scratchCount(pixels: count)
        try withTemporaryMemory(of: Double.self, count: doubles) { buffer in
            let memory = MutableBufferView(buffer.baseAddress!, count: doubles)
            try collection.copyStamps(stamps, into: memory.pointer(stamps.count * count))
            for (place, stamp) in stamps.enumerated() {
                try body(
                    RawStamp(
                        number: stamp, pixels: BufferView(memory.slice(count, at: place * count)),
                        normalization: normalization, scratch: memory.dropFirst(stamps.count * count)))
            }
        }
    }

    /// Normalises a stamp anew after a change of its normalised pixels. Any thread.
    ///
    /// - Parameters:
    ///   - values: the stamp as `read` has left it.
    ///   - target: room for `valueCount` floats; undefined when the result is false.
    ///   - change: changes the `valueCount` values, row by row.
    /// - Returns: whether the result can be normalised.
    public func normalizeAgain(
        _ values: FloatView, into target: MutableFloatView, _ change: (MutableBufferView<Double>) -> Void
    ) -> Bool {
        withTemporaryMemory(of: Double.self, count: 3 * valueCount) { buffer in
            let memory = MutableBufferView(buffer.baseAddress!, count: 3 * valueCount)
            stamp_widen(values.pointer(valueCount), valueCount, memory.pointer(valueCount))
            change(memory.slice(valueCount))
            return normalization.apply(
                pixels: memory.pointer(valueCount), count: valueCount,
                scratch: memory.pointer(2 * valueCount, at: valueCount),
                into: target.pointer(valueCount))
        }
    }
}
