import CKernels

/// Where an image has sources: pixels that stand out from the noise once the image is smoothed with a Gaussian of the
/// point-spread function's width, as a matched filter does.
///
/// In each block of 64×64 pixels the sky is the median, and the noise of the smoothed image 1.4826 times the median
/// distance from its median; a pixel more than 4 times as far above the sky or below it is detected. Pixels that are not
/// finite count as detected, and as sky while smoothing.
public struct SourceMask: Hashable, Sendable {
    public let height: Int
    public let width: Int
    /// Whether each pixel is detected, row by row.
    public let isDetected: [Bool]

    static let blockSize = 64
    static let threshold: Float = 4

    /// - Parameters:
    ///   - image: (height, width), row by row.
    ///   - fullWidthHalfMaximum: of point sources, in pixels.
    public init(pixels image: [Float], height: Int, width: Int, fullWidthHalfMaximum: Float) {
        precondition(image.count == height * width, "\(image.count) pixels are not \(height)×\(width)")
        (self.height, self.width) = (height, width)
        var flat = image
        Self.forEachBlock(height, width) { pixels in
            let sky = Self.median(pixels.lazy.map { image[$0] }.filter(\.isFinite)) ?? 0
            for pixel in pixels { flat[pixel] = image[pixel].isFinite ? image[pixel] - sky : 0 }
        }
        let smooth = Self.smoothed(flat, height, width, fullWidthHalfMaximum: fullWidthHalfMaximum)
        var isDetected = image.map { !$0.isFinite }
        Self.forEachBlock(height, width) { pixels in
            let good = pixels.filter { !isDetected[$0] }
            guard let sky = Self.median(good.map { smooth[$0] }),
                let distance = Self.median(good.map { abs(smooth[$0] - sky) })
            else { return }
            for pixel in good where abs(smooth[pixel] - sky) > Self.threshold * 1.4826 * distance {
                isDetected[pixel] = true
            }
        }
        self.isDetected = isDetected
    }

    /// Whether no pixel whose centre lies within a distance of a place is detected.
    public func isClear(x: Float, y: Float, within radius: Float) -> Bool {
        let rows = max(Int((y - radius).rounded(.up)), 0)..<max(min(Int(y + radius) + 1, height), 0)
        let columns = max(Int((x - radius).rounded(.up)), 0)..<max(min(Int(x + radius) + 1, width), 0)
        return rows.allSatisfy { row in
            columns.allSatisfy { column in
                let from = SIMD2(Float(column) - x, Float(row) - y)
                return (from * from).sum() > radius * radius || !isDetected[row * width + column]
            }
        }
    }

    private static func smoothed(
        _ image: [Float], _ height: Int, _ width: Int, fullWidthHalfMaximum: Float
    ) -> [Float] {
        let reach = Int((1.5 * fullWidthHalfMaximum).rounded(.up))
        let weights = (-reach...reach).map { step in
            portable_expf(-2.77258872 * Float(step * step) / (fullWidthHalfMaximum * fullWidthHalfMaximum))
        }
        var rows = [Float](repeating: 0, count: image.count), smooth = rows
        filter_separably(image, height, width, weights, reach, weights, reach, &rows, &smooth)
        return smooth
    }

    private static func forEachBlock(_ height: Int, _ width: Int, _ body: ([Int]) -> Void) {
        for top in stride(from: 0, to: height, by: blockSize) {
            for left in stride(from: 0, to: width, by: blockSize) {
                body(
                    (top..<min(top + blockSize, height)).flatMap { row in
                        (left..<min(left + blockSize, width)).map { row * width + $0 }
                    })
            }
        }
    }

    private static func median(_ values: some Collection<Float>) -> Float? {
        values.isEmpty ? nil : values.sorted()[values.count / 2]
    }
}
