#include "portable_math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

// 1.5 · 2^52: adding it leaves no fraction bits.
static const double nearest = 0x1.8p52;
// ln 2 in two parts, the first with so few bits that its products with exponents are exact.
static const double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;

static double of_bits(int64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int64_t bits_of(double value) {
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// 2^n for a normal result.
static double power_of_two(int n) { return of_bits((int64_t)(n + 1023) << 52); }

// (exp(r) − 1 − r) / r² by Taylor's series, for |r| < 0.35; first omitted term: 2e-19 of exp(r).
static double exp_tail(double r) {
    double sum = 1 / 87178291200.0;
    static const double factorials[] = {6227020800, 479001600, 39916800, 3628800, 362880, 40320,
                                        5040,       720,       120,      24,      6,      2};
    for (int i = 0; i < (int)(sizeof factorials / sizeof *factorials); ++i) sum = sum * r + 1 / factorials[i];
    return sum;
}

double portable_exp(double x) {
    if (x != x) return x;
    if (x > 709.79) return INFINITY;
    if (x < -745.14) return 0;
    // x = n ln 2 + r + c with |r| ≤ ln 2 / 2: exp(x) = 2ⁿ (1 + (r + (c + r²·tail))).
    const double n = (x * 0x1.71547652b82fep0 + nearest) - nearest;
    const double high = x - n * ln2_high, low = n * ln2_low;
    const double r = high - low, c = (high - r) - low;
    const double series = 1 + (r + (c + r * c + r * r * exp_tail(r)));
    // In two steps, since 2ⁿ itself may be too large or too small.
    const int half = (int)n / 2;
    return series * power_of_two(half) * power_of_two((int)n - half);
}

double portable_expm1(double x) {
    if (x == 0 || x != x) return x;
    if (x > -0.25 && x < 0.25) return x + x * x * exp_tail(x);
    return portable_exp(x) - 1;
}

// ln(1 + f) + e ln 2 + c for 1 + f in [√½, √2): with s = f / (2 + f), ln(1 + f) = 2 artanh(s)
// = f − (f²/2 − s·(f²/2 + R)), R = Σ 2 s^(2k) / (2k + 1) from k = 1 on; first omitted term: 2e-19. The arrangement is
// that of P. T. P. Tang, ACM Trans. Math. Softw. 16, 378 (1990), and of fdlibm: what is added last is exact.
static double log_sum(double f, double e, double c) {
    const double s = f / (2 + f), square = s * s, half = 0.5 * f * f;
    double sum = 0;
    for (int k = 11; k > 0; --k) sum = (sum + 2.0 / (2 * k + 1)) * square;
    return e * ln2_high - ((half - (s * (half + sum) + (e * ln2_low + c))) - f);
}

// Divides a positive number into 2^e · m with m in [√½, √2).
static double split(double x, double *m) {
    double e = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        e = -54;
    }
    const int64_t root_half = 0x3fe6a09e667f3bcd;
    const int64_t exponent = (bits_of(x) - root_half) >> 52;
    *m = of_bits(bits_of(x) - exponent * ((int64_t)1 << 52));
    return e + (double)exponent;
}

double portable_log(double x) {
    if (x != x || x == INFINITY) return x;
    if (x <= 0) return x == 0 ? -INFINITY : NAN;
    double m;
    const double e = split(x, &m);
    return log_sum(m - 1, e, 0);
}

double portable_log1p(double x) {
    if (x != x || x == INFINITY || x == 0) return x;
    if (x <= -1) return x == -1 ? -INFINITY : NAN;
    if (x > -0.25 && x < 0.375) return log_sum(x, 0, 0);
    // 1 + x and what is lost by rounding it.
    const double sum = 1 + x, lost = x < 1 ? x - (sum - 1) : 1 - (sum - x);
    double m;
    const double e = split(sum, &m);
    return log_sum(m - 1, e, lost / sum);
}

// Whether a number is whole, and then whether it is odd.
static int is_whole(double y) { return fabs(y) >= 0x1p52 || (y + copysign(0x1p52, y)) - copysign(0x1p52, y) == y; }
static int is_odd(double y) { return fabs(y) < 0x1p53 && is_whole(y) && ((int64_t)y & 1) != 0; }

double portable_pow(double x, double y) {
    if (y == 0 || x == 1) return 1;
    if (x != x || y != y) return NAN;
    const double sign = x < 0 || (x == 0 && signbit(x)) ? (is_odd(y) ? -1 : 1) : 1;
    if (x < 0 && !is_whole(y)) return x == -INFINITY ? (y > 0 ? INFINITY : 0) : NAN;
    const double base = fabs(x);
    if (base == 1) return sign;
    if (base == 0) return sign * (y > 0 ? 0 : INFINITY);
    if (fabs(y) <= 64 && is_whole(y)) {
        double product = 1, power = base;
        for (int n = (int)fabs(y); n > 0; n >>= 1) {
            if (n & 1) product *= power;
            if (n > 1) power *= power;
        }
        // Where the reciprocal has underflowed, the power of the reciprocal need not have.
        if (y > 0) return sign * product;
        if (product < INFINITY && product > 0x1p-1022) return sign / product;
    }
    return sign * portable_exp(y * portable_log(base));
}

// sin(πx) and cos(πx) for 0 ≤ x ≤ ¼ by Taylor's series; first omitted terms: 3e-20.
static double sin_pi_eighth(double x) {
    const double angle = x * M_PI, square = angle * angle;
    double sum = 0;
    for (int k = 16; k > 0; k -= 2) sum = -square / (k * (k + 1)) * (1 + sum);
    return angle + angle * sum;
}
static double cos_pi_eighth(double x) {
    const double angle = x * M_PI, square = angle * angle;
    double sum = 0;
    for (int k = 17; k > 0; k -= 2) sum = -square / (k * (k + 1)) * (1 + sum);
    return 1 + sum;
}

double portable_cos_pi(double x) {
    if (x > 0.5) return -portable_cos_pi(1 - x);
    return x <= 0.25 ? cos_pi_eighth(x) : sin_pi_eighth(0.5 - x);
}
