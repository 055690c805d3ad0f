import Faults
import StampFormats
import Tensors

/// Pieces of real sky without a source, that simulated stamps are drawn on in place of a simulated sky.
///
/// A piece serves one class only: pieces of even number the sources, of odd number the noise, whatever the seed. Each
/// stamp lies on the next piece of its class, turned and mirrored at random, and, where the piece is larger, anywhere on
/// it.
public struct RealSky: Hashable, Sendable {
    /// The share of stamps of either class that are drawn on real sky, 0 to 1.
    public let share: Float
    /// How the noise of neighbouring pixels goes together.
    public let correlation: NoiseCorrelation
    let pieces: [Piece]
    /// The pieces of each class.
    private let indices: [StampSimulator.Population: [Int]]

    /// One piece of sky.
    struct Piece: Hashable, Sendable {
        /// Its number among all that were given.
        let number: Int
        let image: Int
        /// Its first pixel in the image, (x, y); nil for stamps.
        let corner: SIMD2<Int>?
        let pixels: Plane
        let level: Float
        let sigma: Float
    }

    /// - Parameters:
    ///   - pieces: (number, image, corner, pixels) each; those with pixels that are not finite, or of which three of four
    ///     pixels are alike, are left out.
    ///   - name: what messages call them.
    /// - Throws: a `badData` fault when a class gets no piece.
    init(
        _ pieces: some Sequence<(number: Int, image: Int, corner: SIMD2<Int>?, pixels: Plane)>, share: Float,
        name: String
    ) throws {
        precondition((0...1).contains(share), "a share of \(share)")
        self.share = share
        var kept: [Piece] = [], noises: [Plane] = []
        for piece in pieces where piece.pixels.pixels.allSatisfy(\.isFinite) {
            guard let noise = piece.pixels.noise() else { continue }
            kept.append(
                Piece(
                    number: piece.number, image: piece.image, corner: piece.corner, pixels: piece.pixels,
                    level: noise.level, sigma: noise.sigma))
            // The mean over a few thousand pieces does not change any more.
            if noises.count < 2000 { noises.append(noise.clipped) }
        }
        self.pieces = kept
        correlation = NoiseCorrelation(of: noises)
        indices = [
            .sources: kept.indices.filter { kept[$0].number.isMultiple(of: 2) },
            .noise: kept.indices.filter { !kept[$0].number.isMultiple(of: 2) },
        ]
        guard indices.values.allSatisfy({ !$0.isEmpty }) else {
            throw Fault(
                .badData, name,
                """
                has \(kept.count) usable backgrounds, but each class needs one of its own: of even number for sources, \
                odd for noise
                """,
                remedy: "give more blank stamps, with finite pixels that differ")
        }
    }

    /// Stamps of a survey's blank sky.
    ///
    /// - Parameters:
    ///   - files: of stamps in any format, numbered from 0 over all files.
    ///   - size: of the stamps that will be drawn on them, at most as large.
    /// - Throws: as opening a ``StampArray`` does; a `badData` fault for stamps that are smaller or have channels, and
    ///   when a class gets no stamp.
    public init(stamps files: [String], size: Int, share: Float) throws {
        var first = 0
        var pieces: [(number: Int, image: Int, corner: SIMD2<Int>?, pixels: Plane)] = []
        for stamps in try StampArray.open(try StampFiles.expand(files)) {
            guard stamps.channels == 1 else {
                throw Fault(
                    .badData, stamps.path, "has \(stamps.channels) channels: backgrounds are single images",
                    remedy: "save one channel")
            }
            guard min(stamps.height, stamps.width) >= size else {
                throw Fault(
                    .badData, stamps.path,
                    "holds stamps of \(stamps.height)×\(stamps.width), smaller than the \(size)×\(size) of --size",
                    remedy: "cut larger stamps, or set --size \(min(stamps.height, stamps.width))")
            }
            var values = [Double](repeating: 0, count: stamps.valuesPerStamp)
            for index in 0..<stamps.count {
                try values.withUnsafeMutableBufferPointer { try stamps.copyStamp(index, into: $0.baseAddress!) }
                let plane = Plane(height: stamps.height, width: stamps.width, pixels: values.map(Float.init))
                pieces.append((first + index, 0, nil, plane))
            }
            first += stamps.count
        }
        try self.init(pieces, share: share, name: files.joined(separator: " "))
    }

    /// What stamp `index` of a class is drawn on, if it is on real sky at all.
    func backdrop(
        _ population: StampSimulator.Population, index: Int, height: Int, width: Int, seed: UInt64
    ) -> (backdrop: Backdrop, use: (SIMD2<Float>) -> RealSkyUse)? {
        // Streams of their own, so that what is drawn on the sky is the same as on a simulated one.
        var random = CounterBasedRandom(seed: seed).stream(
            .simulation, detail: Self.detail + population.rawValue, sample: index)
        guard random.happens(share), let indices = indices[population] else { return nil }
        let piece = pieces[indices[index % indices.count]]
        let symmetry = Symmetry(random.index(below: height == width ? 8 : 4))
        let top = random.index(below: piece.pixels.height - height + 1)
        let left = random.index(below: piece.pixels.width - width + 1)
        let pixels = (0..<height * width).map { pixel in
            let from = symmetry.origin(row: pixel / width, column: pixel % width, height: height, width: width)
            return piece.pixels.pixels[(top + from.row) * piece.pixels.width + left + from.column]
        }
        let backdrop = Backdrop(pixels: pixels, level: piece.level, sigma: piece.sigma, correlation: correlation)
        let middle = SIMD2(Float(left), Float(top)) + SIMD2(Float(width - 1), Float(height - 1)) / 2
        return (
            backdrop,
            { offset in
                RealSkyUse(
                    background: piece.number, image: piece.image,
                    position: piece.corner.map {
                        SIMD2(Float($0.x), Float($0.y)) + middle + symmetry.origin(of: offset)
                    })
            }
        )
    }

    /// Of the random numbers: single stamps have 0 and 1, triplets 2 and 3.
    private static var detail: Int { 4 }
}
