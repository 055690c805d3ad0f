import Faults
import StampFormats

/// The image of a point as a survey has measured it, of unit flux, its centre that of the image.
struct PointSpreadImage: Hashable, Sendable {
    private let plane: Plane

    /// - Parameter image: pixels of a positive sum.
    init(_ image: Plane) {
        let sum = image.pixels.reduce(0, +)
        precondition(sum > 0, "a point-spread function without light")
        plane = Plane(height: image.height, width: image.width, pixels: image.pixels.map { $0 / sum })
    }

    /// Full width at half maximum of the Gaussian with the same Σp²: 2.3548 s with Σp² = 1 / 4πs².
    var fullWidthHalfMaximum: Float {
        let power = plane.pixels.reduce(into: Float(0)) { $0 += $1 * $1 }
        return 2.35482 / (4 * Float.pi * power).squareRoot()
    }

    /// Adds a point source, shifted by a fraction of a pixel with Keys' cubic convolution of a = −1/2: R. G. Keys, IEEE
    /// Trans. Acoust. 29, 1153 (1981).
    func add(flux: Float, at position: SIMD2<Float>, height: Int, width: Int, to image: inout [Float]) {
        let corner = position - plane.centre
        let left = Int(corner.x.rounded(.down)), top = Int(corner.y.rounded(.down))
        let across = Self.weights(corner.x - Float(left)), down = Self.weights(corner.y - Float(top))
        // Of the target the pixels that the profile reaches, one more before it and two behind.
        for row in max(top - 1, 0)..<max(min(top + plane.height + 2, height), max(top - 1, 0)) {
            for column in max(left - 1, 0)..<max(min(left + plane.width + 2, width), max(left - 1, 0)) {
                var sum: Float = 0
                for i in 0..<4 {
                    let y = row - top + 1 - i
                    guard (0..<plane.height).contains(y) else { continue }
                    for j in 0..<4 {
                        let x = column - left + 1 - j
                        guard (0..<plane.width).contains(x) else { continue }
                        sum += down[i] * across[j] * plane.pixels[y * plane.width + x]
                    }
                }
                image[row * width + column] += flux * sum
            }
        }
    }

    /// What pixel k contributes to the pixels k − 1 … k + 2 when it is shifted by a fraction f of a pixel: Keys' kernel
    /// at the distances 1 + f, f, 1 − f, 2 − f.
    private static func weights(_ f: Float) -> [Float] {
        func near(_ d: Float) -> Float { (1.5 * d - 2.5) * d * d + 1 }
        func far(_ d: Float) -> Float { ((-0.5 * d + 2.5) * d - 4) * d + 2 }
        return [far(1 + f), near(f), near(1 - f), far(2 - f)]
    }
}

extension PointSpreadFunction {
    /// The measured point-spread function of a file.
    ///
    /// - Throws: as reading a ``SkyImage`` does; a `badData` fault for pixels that are not finite or have no light, and
    ///   for profiles narrower than a pixel.
    public init(contentsOf path: String) throws {
        let image = try SkyImage(contentsOf: path)
        guard image.pixels.allSatisfy(\.isFinite), image.pixels.reduce(0, +) > 0 else {
            throw Fault(
                .badData, path, "is no point-spread function: its pixels must be finite, and their sum positive",
                remedy: "give an image of one star without sky, centred")
        }
        self.init(
            image: PointSpreadImage(Plane(height: image.height, width: image.width, pixels: image.pixels)))
        guard fullWidthHalfMaximum >= 1 else {
            throw Fault(
                .badData, path, "is narrower than a pixel (\(fullWidthHalfMaximum) at half maximum)",
                remedy: "give it in the pixels of the stamps")
        }
    }
}
