import CKernels
import Foundation
import Testing

/// The program's own functions in double precision beside the C library's, whose error is at most one unit in the last
/// place.
@Suite struct PortableMathTests {
    /// Numbers of every exponent, and some close together.
    private static let positive: [Double] =
        stride(from: -1074, through: 1023, by: 3).map { 1.37 * scalbn(1, $0) }.filter { $0 > 0 && $0.isFinite }
        + stride(from: 0.0009, through: 9, by: 0.0011)
    private static let all = positive + positive.map { -$0 }

    /// Fails unless values differ by at most so many units in the last place.
    private func check(_ x: Double, _ own: Double, _ exact: Double, ulps: Double) {
        if own == exact || own.isNaN && exact.isNaN { return }
        #expect(abs(own - exact) <= ulps * exact.ulp, "at \(x): \(own), not \(exact)")
    }

    @Test func exponentialsAreThoseOfTheLibrary() {
        for x in Self.all {
            check(x, portable_exp(x), exp(x), ulps: 3)
            check(x, portable_expm1(x), expm1(x), ulps: 5)
        }
        for x in [0, -0.0, .infinity, -.infinity, .nan, 709.78, 709.79, -745.13, -745.14] as [Double] {
            check(x, portable_exp(x), exp(x), ulps: 1)
            check(x, portable_expm1(x), expm1(x), ulps: 1)
        }
    }

    @Test func logarithmsAreThoseOfTheLibrary() {
        for x in Self.positive {
            check(x, portable_log(x), log(x), ulps: 2)
            check(x, portable_log1p(x), log1p(x), ulps: 3)
            if x < 1 { check(-x, portable_log1p(-x), log1p(-x), ulps: 3) }
        }
        for x in [0, -0.0, 1, -1, -2, .infinity, -.infinity, .nan] as [Double] {
            check(x, portable_log(x), log(x), ulps: 0)
            check(x, portable_log1p(x), log1p(x), ulps: 0)
        }
    }

    @Test func powersAreThoseOfTheLibrary() {
        for x in stride(from: 0.01, through: 3, by: 0.013) {
            for y in stride(from: -9, through: 9, by: 0.25) as StrideThrough<Double> {
                check(x, portable_pow(x, y), pow(x, y), ulps: 3 + 2 * abs(y * log(x)) + abs(y))
            }
        }
        let special: [Double] = [
            0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, .infinity, -.infinity, .nan, 1e308, 0x1p-1074,
        ]
        for x in special {
            for y in special {
                let product = abs(y * log(abs(x)))
                check(x, portable_pow(x, y), pow(x, y), ulps: 4 + (product < 750 ? 2 * product : 0))
            }
        }
        #expect(portable_pow(0.5, 10) == 0x1p-10 && portable_pow(10, 3) == 1000)
    }

    @Test func cosinesAreThoseOfTheLibrary() {
        for x in stride(from: 0, through: 1, by: 0x1p-11) {
            #expect(abs(portable_cos_pi(x) - cos(Double.pi * x)) < 0x1p-51, "\(x)")
        }
        #expect(portable_cos_pi(0) == 1 && portable_cos_pi(0.5) == 0 && portable_cos_pi(1) == -1)
    }
}
