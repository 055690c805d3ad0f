// Elementary functions in double precision with the same bits on every processor and with every C library: additions,
// multiplications and divisions in a fixed order, none of them fused.
#ifndef CKERNELS_PORTABLE_MATH_H
#define CKERNELS_PORTABLE_MATH_H

/// eˣ, within 1 ulp; 0 and ∞ where the exact value is rounded to them, subnormal results within 2 ulp.
double portable_exp(double x);

/// eˣ − 1, within 4 ulp.
double portable_expm1(double x);

/// ln x, within 1 ulp; −∞ at 0, NaN below.
double portable_log(double x);

/// ln(1 + x), within 2 ulp; −∞ at −1, NaN below.
double portable_log1p(double x);

/// xʸ with the special values of C's `pow`. Whole exponents up to 64 are multiplied out (|y| + 1 ulp, exact where all
/// powers on the way are); others are e^(y·ln x), within 2 + 2·|y·ln x| ulp.
double portable_pow(double x, double y);

/// cos(π·x) for 0 ≤ x ≤ 1, within 2⁻⁵²; exactly 0 at ½.
double portable_cos_pi(double x);

#endif
