import CKernels
import Faults
import Preparation
import StampData
import StampFormats
import Tensors
import Testing

/// Stamps of several channels, filled, cropped and padded.
@Suite struct ChannelTests {
    /// Sky of one level and spread for each channel, all of it different.
    private static func sky(_ count: Int, height: Int, width: Int, channels: Int) -> [Float] {
        var stream = CounterBasedRandom(seed: 4).stream(.simulation)
        return (0..<count * height * width * channels).map {
            let channel = Float($0 % channels)
            return 100 * (channel + 1) + (5 + channel) * (stream.uniformFloat() + stream.uniformFloat() - 1)
        }
    }

    private func plane(_ channel: Int, of values: [Float], _ channels: Int) -> [Float] {
        stride(from: channel, to: values.count, by: channels).map { values[$0] }
    }

    private func usable(_ reader: StampReader) throws -> [Bool] {
        try (0..<reader.collection.count).map { stamp in
            let isUsable = try reader.values(of: stamp) != nil
            #expect(try reader.read(stamp) { $0.isUsable } == isUsable)
            let kept = FloatBuffer(count: reader.keptCount), spreads = FloatBuffer(count: reader.spreadCount)
            #expect(
                try reader.read(stamp, into: kept.view, spreads: spreads.pointer) == isUsable)
            #expect(spreads.array.allSatisfy(\.isNaN) == !isUsable)
            return isUsable
        }
    }

    // MARK: What can be used

    @Test func aChannelThatCannotBeUsedIsToldByItsNumber() throws {
        var values = Self.sky(4, height: 3, width: 4, channels: 3)
        for pixel in 0..<12 { values[36 + 3 * pixel + 2] = 7 }
        values[2 * 36 + 4] = .nan
        let collection = try StampCollection(values, height: 3, width: 4, channels: 3, names: ["a", "b", "c"])
        let reader = StampReader(collection, .zscore)
        #expect(try usable(reader) == [true, false, false, true])
        let channels = try (0..<4).map { try reader.read($0) { $0.firstUnusableChannel } }
        #expect(channels == [nil, 2, 1, nil])
        #expect(reader.name(ofChannel: 2) == "c")
        // All channels together are not constant.
        let whole = try StampReader(collection, StampPreparation(.zscore, scope: .stamp))
        #expect(try usable(whole) == [true, true, false, true])
        let chosen = try StampReader(
            collection, StampPreparation(.zscore, channels: ChannelSelection(["a", "b"])))
        #expect(try usable(chosen) == [true, true, false, true])
        #expect(try chosen.read(2) { $0.firstUnusableChannel } == 1)
    }

    @Test func aChannelWithoutAnyFinitePixelCannotBeFilledByItsOwn() throws {
        var values = Self.sky(2, height: 3, width: 3, channels: 2)
        for pixel in 0..<9 { values[2 * pixel + 1] = pixel % 2 == 0 ? .nan : .infinity }
        let collection = try StampCollection(values, height: 3, width: 3, channels: 2)
        for fill in [PixelFill.median, .minimum] {
            #expect(try usable(StampReader(collection, StampPreparation(.none, fill: fill))) == [false, true])
        }
        #expect(try usable(StampReader(collection, StampPreparation(.none, fill: .zero))) == [true, true])
        #expect(try usable(StampReader(collection, StampPreparation(.zscore, fill: .zero))) == [false, true])
        #expect(try usable(StampReader(collection, .none)) == [false, true])
    }

    /// What is cut away does not matter.
    @Test func pixelsOutsideTheCropAreNotLookedAt() throws {
        var values = Self.sky(1, height: 5, width: 5, channels: 1)
        values[0] = .nan
        let collection = try StampCollection(values, height: 5, width: 5)
        #expect(try usable(StampReader(collection, .mean)) == [false])
        let cropped = try StampReader(collection, StampPreparation(.none, crop: StampExtent(height: 3, width: 2)))
        // Rows 1 to 3, columns 1 and 2.
        #expect(try cropped.values(of: 0) == [6, 7, 11, 12, 16, 17].map { values[$0] })
    }

    @Test func sizesThatDoNotFitAreRefused() throws {
        let collection = try StampCollection(
            Self.sky(1, height: 5, width: 6, channels: 2), height: 5, width: 6, channels: 2)
        func refused(_ preparation: StampPreparation) -> String? {
            let fault = #expect(throws: Fault.self) { try StampReader(collection, preparation) }
            #expect(fault?.kind == .usage)
            return fault?.subject
        }
        #expect(refused(StampPreparation(crop: StampExtent(height: 6, width: 6))) == "--crop 6")
        #expect(refused(StampPreparation(crop: StampExtent(height: 5, width: 7))) == "--crop 5x7")
        #expect(refused(StampPreparation(pad: StampExtent(height: 5, width: 5))) == "--pad 5")
        #expect(
            refused(StampPreparation(crop: StampExtent(height: 4, width: 4), pad: StampExtent(height: 9, width: 3)))
                == "--pad 9x3")
        #expect(refused(StampPreparation(channels: ChannelSelection(["2"]))) == "--channels 2")
        let most = try StampReader(
            collection, StampPreparation(crop: StampExtent(height: 5, width: 6), pad: StampExtent(height: 5, width: 6)))
        #expect(most.inputShape == [5, 6, 2])
    }

    // MARK: Augmentation

    private static let modes: [Normalization] = Normalization.all.map {
        if case .standard = $0 {
            .standard(StandardScaling(means: [100, 200, 300], deviations: [5, 6, 7])!)
        } else {
            $0
        }
    }

    private func augmented(
        _ reader: StampReader, _ augmentation: Augmentation, stamp: Int, epoch: Int = 3
    ) throws -> [Float] {
        let kept = FloatBuffer(count: reader.keptCount), spreads = FloatBuffer(count: reader.spreadCount)
        #expect(try reader.read(stamp, into: kept.view, spreads: spreads.pointer))
        var output = [Float](repeating: .nan, count: reader.valueCount)
        StampAugmenter(augmentation, reader, seed: 8).write(
            kept: kept.pointer, spreads: spreads.pointer, number: stamp, epoch: epoch, into: &output)
        return output
    }

    /// All channels are turned and shifted alike: each becomes what it becomes alone.
    @Test(arguments: modes) func channelsAreMovedTogether(_ mode: Normalization) throws {
        let values = Self.sky(6, height: 9, width: 9, channels: 3)
        let collection = try StampCollection(values, height: 9, width: 9, channels: 3)
        let reader = StampReader(collection, mode)
        let augmentation = Augmentation(symmetries: true, shift: 2, contrast: 0.3)
        for stamp in 0..<6 {
            let whole = try augmented(reader, augmentation, stamp: stamp)
            for channel in 0..<3 {
                var alone = mode
                if case .standard(let scaling?) = mode {
                    alone = .standard(
                        StandardScaling(means: [scaling.means[channel]], deviations: [scaling.deviations[channel]]))
                }
                let single = try StampReader(
                    collection, StampPreparation(alone, channels: ChannelSelection(["\(channel)"])))
                #expect(try augmented(single, augmentation, stamp: stamp) == plane(channel, of: whole, 3))
            }
        }
    }

    /// Each channel has noise of its own, as strong as its own sky's; the first one that of a stamp by itself.
    @Test func noiseIsEachChannelsOwn() throws {
        let values = Self.sky(40, height: 21, width: 21, channels: 2)
        let collection = try StampCollection(values, height: 21, width: 21, channels: 2)
        let reader = StampReader(collection, .none)
        let first = try StampReader(collection, StampPreparation(.none, channels: ChannelSelection(["0"])))
        let augmentation = Augmentation(noise: 2)
        let augmenter = StampAugmenter(augmentation, reader, seed: 8)
        var sums = SIMD3<Double>()
        for stamp in 0..<40 {
            let output = try augmented(reader, augmentation, stamp: stamp)
            #expect(try augmented(first, augmentation, stamp: stamp) == plane(0, of: output, 2))
            let plain = try #require(try reader.values(of: stamp)), spreads = FloatBuffer(count: 2)
            let kept = FloatBuffer(count: reader.keptCount)
            _ = try withExtendedLifetime(kept) { try reader.read(stamp, into: kept.view, spreads: spreads.pointer) }
            let strength = Double(augmenter.choice(number: stamp, epoch: 3).noise)
            for pixel in stride(from: 0, to: 882, by: 2) {
                let one = Double(output[pixel] - plain[pixel]) / strength / Double(spreads[0])
                let other = Double(output[pixel + 1] - plain[pixel + 1]) / strength / Double(spreads[1])
                sums += SIMD3(one * one, other * other, one * other)
            }
        }
        let count = 40.0 * 441
        // Five standard deviations, and the rounding of weak noise on a level of 200.
        #expect(abs(sums[0] / count - 1) < 5 * (2 / count).squareRoot() + 1e-3)
        #expect(abs(sums[1] / count - 1) < 5 * (2 / count).squareRoot() + 1e-3)
        #expect(abs(sums[2] / count) < 5 / count.squareRoot())
    }

    /// The mask moves with the pixels, stays 0 and 1, and has neither noise nor contrast; zeros around stay zeros.
    @Test func theMaskMovesAlong() throws {
        var values = [Float](repeating: 0, count: 8 * 49)
        var stream = CounterBasedRandom(seed: 1).stream(.simulation)
        for index in values.indices { values[index] = stream.uniformFloat() }
        for stamp in 0..<8 { values[stamp * 49 + 8] = .nan }
        let collection = try StampCollection(values, height: 7, width: 7)
        let reader = try StampReader(
            collection,
            StampPreparation(
                .none, fill: .zero, maskChannel: true, crop: StampExtent(height: 5, width: 5),
                pad: StampExtent(height: 9, width: 8)))
        #expect(reader.inputShape == [9, 8, 2])
        let augmentation = Augmentation(symmetries: true, shift: 1, noise: 1, contrast: 0.2)
        let augmenter = StampAugmenter(augmentation, reader, seed: 8)
        for stamp in 0..<8 {
            let output = try augmented(reader, augmentation, stamp: stamp)
            let choice = augmenter.choice(number: stamp, epoch: 3)
            var (mask, turned) = ([Float](repeating: 0, count: 25), [Float](repeating: 0, count: 25))
            mask[0] = 1
            stamp_symmetry(mask, 5, 5, choice.symmetry, &turned)
            if let shift = choice.shift {
                var scratch = [Float](repeating: 0, count: stamp_shift_scratch(5, 5))
                stamp_shift(turned, 5, 5, shift.x, shift.y, &scratch, &turned)
            }
            for row in 0..<9 {
                for column in 0..<8 {
                    let (pixel, hit) = (output[(row * 8 + column) * 2], output[(row * 8 + column) * 2 + 1])
                    guard 2..<7 ~= row, 1..<6 ~= column else {
                        #expect(pixel == 0 && hit == 0)
                        continue
                    }
                    #expect(hit == (turned[(row - 2) * 5 + column - 1] >= 0.5 ? 1 : 0))
                }
            }
        }
    }

    @Test func aStampWhoseChannelsAreNormalisedTogetherIsAugmentedTogether() throws {
        let values = Self.sky(3, height: 8, width: 8, channels: 2)
        let collection = try StampCollection(values, height: 8, width: 8, channels: 2)
        for mode in Normalization.all {
            let reader = try StampReader(collection, StampPreparation(mode, scope: .stamp))
            for stamp in 0..<3 {
                let plain = try #require(try reader.values(of: stamp))
                let output = try augmented(reader, .none, stamp: stamp)
                let largest = plain.map(abs).max()!
                // What is kept was rounded to single precision once.
                for (one, other) in zip(output, plain) { #expect(abs(one - other) <= 5e-7 * largest, "\(mode)") }
            }
        }
    }

    // MARK: Again

    /// What is covered in all channels is normalised again; what normalises single pixels leaves them; zeros around
    /// stay.
    @Test(arguments: modes) func aChangedStampIsNormalisedAgainChannelByChannel(_ mode: Normalization) throws {
        let values = Self.sky(1, height: 6, width: 6, channels: 3)
        let collection = try StampCollection(values, height: 6, width: 6, channels: 3)
        let reader = try StampReader(
            collection,
            StampPreparation(
                mode, fill: .zero, maskChannel: true, crop: StampExtent(height: 5, width: 4),
                pad: StampExtent(height: 8, width: 7)))
        let plain = FloatBuffer(try #require(try reader.values(of: 0))), output = FloatBuffer(count: reader.valueCount)
        // Rows 0 to 2 of 8, of which the first is zeros.
        #expect(
            reader.normalizeAgain(FloatView(plain.view), into: output.view) { $0.update(repeating: 0, count: 3 * 7) })
        for channel in 0..<4 {
            var expected = plane(channel, of: plain.array, 4)
            for pixel in 0..<21 { expected[pixel] = 0 }
            let inside = (1..<6).flatMap { row in (1..<5).map { row * 7 + $0 } }
            if channel < 3, mode.again != .none {
                let changed = inside.map { Double(expected[$0]) }
                var scratch = [Double](repeating: 0, count: 40), normalized = [Float](repeating: 0, count: 20)
                #expect(mode.apply(pixels: changed, count: 20, scratch: &scratch, into: &normalized))
                for (place, value) in zip(inside, normalized) { expected[place] = value }
            }
            #expect(reader.plane(channel, of: output.array) == expected)
        }
    }
}
