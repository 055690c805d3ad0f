import Foundation
import StampSimulation
import Testing

@Suite struct PointSpreadFunctionTests {
    /// Pixels against a fine sum over 16 × 16 points of each, in double precision and with the library's functions.
    /// The narrowest point spread of the simulator is known to 2 % of the peak, others to 0.2 %, as the header states.
    @Test(arguments: [(9, 9, 2.5, 0.002), (7, 13, 2.5, 0.002), (21, 22, 2.5, 0.002), (9, 9, 1.5, 0.02)])
    func pointSourceMatchesAFineSum(height: Int, width: Int, fullWidth: Double, tolerance: Double) {
        let index = 2.7, gaussian = 0.4, e1 = 0.12, e2 = -0.1, x = Double(width) / 2 - 0.3, y = 3.8
        let pointSpread = PointSpreadFunction(
            fullWidthHalfMaximum: Float(fullWidth), moffatIndex: Float(index), gaussianFraction: Float(gaussian),
            ellipticity: SIMD2(Float(e1), Float(e2)))
        var image = [Float](repeating: 1, count: height * width)
        pointSpread.add(flux: 100, at: SIMD2(Float(x), Float(y)), height: height, width: width, to: &image)

        let scale = pow(2, 1 / index) - 1, area = Double.pi * fullWidth * fullWidth / 4
        let shear = (1 - e1 * e1 - e2 * e2).squareRoot()
        func brightness(_ dx: Double, _ dy: Double) -> Double {
            let square = ((1 - e1) * dx * dx - 2 * e2 * dx * dy + (1 + e1) * dy * dy) / shear
            let t = square / (fullWidth * fullWidth / 4)
            return (1 - gaussian) * (index - 1) * scale / area * pow(1 + scale * t, -index)
                + gaussian * log(2.0) / area * exp(-log(2.0) * t)
        }
        let peak = 100 * brightness(0, 0)
        for row in 0..<height {
            for column in 0..<width {
                var expected = 0.0
                for point in 0..<256 {
                    let dx = Double(column) - x + (Double(point % 16) + 0.5) / 16 - 0.5
                    let dy = Double(row) - y + (Double(point / 16) + 0.5) / 16 - 0.5
                    expected += 100 * brightness(dx, dy) / 256
                }
                #expect(abs(Double(image[row * width + column]) - 1 - expected) < tolerance * peak)
            }
        }
    }
}
