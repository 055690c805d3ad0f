import CKernels
import Preparation
import Tensors

/// Reads stamps of a collection as a network sees them: the one place where the values of a file become a network's
/// input. Whatever else belongs between a file and a network belongs here.
///
///     values as they are in the file → doubles (height, width, channels) → chosen channels, each a plane → filled →
///     cropped → normalised → floats (height, width, channels) with zeros around
///
/// A value without state that all threads share: each call has scratch memory of its own.
public struct StampReader: Sendable {
    public let collection: StampCollection
    /// What is done, with the channels by their names where files name them.
    public let preparation: StampPreparation
    /// What a network is told of each stamp besides; nil for nothing.
    public internal(set) var features: StampFeatures?
    let steps: PlanePreparation

    /// - Throws: `Fault(.usage)` for a preparation that does not go with the stamps: channels that they do not have, a
    ///   crop that is larger, a pad that is smaller.
    public init(_ collection: StampCollection, _ preparation: StampPreparation) throws {
        let layout = try PlaneLayout(
            height: collection.height, width: collection.width, channelNames: collection.channelNames, preparation)
        self.init(collection, preparation, layout)
    }

    /// Normalises whole stamps, each channel by itself.
    public init(_ collection: StampCollection, _ normalization: Normalization) {
        // Neither channels, crop nor pad are there to be refused.
        try! self.init(collection, StampPreparation(normalization))
    }

    private init(_ collection: StampCollection, _ preparation: StampPreparation, _ layout: PlaneLayout) {
        self.collection = collection
        var named = preparation
        let names = collection.channelNames
        if names != ChannelSelection.numbers(below: names.count), preparation.channels != nil || names.count > 1 {
            named.channels = ChannelSelection(layout.channels.map { names[$0] })
        }
        self.preparation = named
        steps = PlanePreparation(preparation, layout)
    }

    /// The same with another normalisation.
    public func normalizing(by normalization: Normalization) -> StampReader {
        var changed = preparation
        changed.normalization = normalization
        return StampReader(collection, changed, steps.layout).adding(features)
    }

    /// (height, width, channels) of a stamp as the network sees it.
    public var inputShape: Shape { [steps.layout.inputHeight, steps.layout.inputWidth, steps.layout.planes] }
    /// The ways to turn and mirror a stamp that leave its shape: all eight of the square, else the four of a rectangle.
    /// Bit 0: rows reversed; bit 1: their order reversed; bit 2: then rows and columns exchanged.
    public var symmetries: Range<UInt32> { 0..<(steps.layout.height == steps.layout.width ? 8 : 4) }
    /// Floats of one stamp as the network sees it.
    public var valueCount: Int { steps.layout.inputValues }
    /// Floats of one stamp as it is kept until it is augmented.
    public var keptCount: Int { steps.layout.planeValues }
    /// Floats that go with a stamp that is kept so: the spread of each channel's sky.
    public var spreadCount: Int { steps.layout.channels.count }
    /// What `RawStamp.measure` gives of a stamp.
    public var momentCount: Int { steps.momentCount }

    /// What messages call a channel that is taken: its name in the files, or its number there.
    public func name(ofChannel channel: Int) -> String {
        collection.channelNames[steps.layout.channels[channel]]
    }

    /// What pictures call the channels that the network sees: those that are taken, and what was filled.
    public var inputChannelNames: [String] {
        let names = steps.layout.channels.map { collection.channelNames[$0] }
        return names + (steps.layout.planes > names.count ? ["filled"] : [])
    }

    /// One channel of a stamp as the network sees it, (height, width) of `inputShape`.
    public func plane(_ channel: Int, of values: [Float]) -> [Float] {
        precondition(values.count == valueCount, "\(values.count) values of \(valueCount)")
        return stride(from: channel, to: valueCount, by: steps.layout.planes).map { values[$0] }
    }

    /// Reads and normalises one stamp. Any thread.
    ///
    /// - Parameters:
    ///   - target: room for `valueCount` floats, or `keptCount`; undefined when the result is false.
    ///   - spreads: as in `RawStamp.write(to:spreads:)`.
    /// - Returns: whether the stamp can be used.
    /// - Throws: `Fault` when its file cannot be read.
    public func read(
        _ stamp: Int, into target: MutableFloatView, spreads: UnsafeMutablePointer<Float>? = nil
    ) throws -> Bool {
        try read(stamp) { $0.write(to: target, spreads: spreads) }
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
        let doubles = stamps.count * count + RawStamp.scratchCount(steps)
        try withTemporaryMemory(of: Double.self, count: doubles) { buffer in
            let memory = MutableBufferView(buffer.baseAddress!, count: doubles)
            try collection.copyStamps(stamps, into: memory.pointer(stamps.count * count))
            for (place, stamp) in stamps.enumerated() {
                try body(
                    RawStamp(
                        number: stamp, values: BufferView(memory.slice(count, at: place * count)), steps: steps,
                        scratch: memory.dropFirst(stamps.count * count)))
            }
        }
    }

    /// Normalises a stamp anew after a change of what the network sees of it. Any thread.
    ///
    /// The zeros around it stay, whatever the change is. A normalisation of single pixels is not applied twice.
    /// - Parameters:
    ///   - values: the stamp as `read` has left it.
    ///   - target: room for `valueCount` floats; undefined when the result is false.
    ///   - change: changes the pixels of a channel, (height, width) of `inputShape`, row by row. Called for each.
    /// - Returns: whether the result can be normalised.
    public func normalizeAgain(
        _ values: FloatView, into target: MutableFloatView, _ change: (UnsafeMutablePointer<Double>) -> Void
    ) -> Bool {
        let layout = steps.layout
        let (input, inside) = (layout.inputHeight * layout.inputWidth, layout.pixels)
        let doubles = layout.planes * inside + steps.workDoubles + input
        return withTemporaryMemory(of: Double.self, count: doubles + (layout.planeValues + 1) / 2) { memory in
            let planes = memory.baseAddress!
            let (work, plane) = (planes + layout.planes * inside, planes + doubles - input)
            let room = UnsafeMutableRawPointer(planes + doubles).bindMemory(
                to: Float.self, capacity: layout.planeValues)
            for channel in 0..<layout.planes {
                stamp_take_float_plane(
                    values.pointer(valueCount) + channel, layout.inputWidth * layout.planes, layout.planes,
                    layout.inputHeight, layout.inputWidth, plane)
                change(plane)
                stamp_take_plane(
                    plane + layout.inputTop * layout.inputWidth + layout.inputLeft, layout.inputWidth, 1,
                    layout.height, layout.width, planes + channel * inside)
            }
            return steps.arranged(into: target.pointer(valueCount), room: room) { output in
                guard steps.normalize(planes, again: true, work: work, into: output) else { return false }
                let normalized = layout.channels.count * inside
                guard layout.hasMask else { return true }
                return Normalization.none.apply(
                    pixels: planes + normalized, count: inside, scratch: work, into: output + normalized)
            }
        }
    }
}
