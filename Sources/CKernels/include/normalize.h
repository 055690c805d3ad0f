// Normalisation of the n ≥ 1 pixels of one stamp, in double precision, rounded to single precision once at the end.
//
// Results do not depend on the processor: order statistics are exact, sums have 16 partial sums (pixel i belongs to sum
// i mod 16) that are added pairwise, and multiplications and additions are not fused.
//
// Functions with `scratch` overwrite its 2n values. None of the arrays of a call may overlap.
#ifndef CKERNELS_NORMALIZE_H
#define CKERNELS_NORMALIZE_H

#include <stdbool.h>

#include "vectors.h"

/// `normalize_image` of the notebook: clips below p50 − 2·0.7413·(p75 − p25), subtracts the minimum, and divides by the
/// sum, or by the mean if `by_mean`.
///
/// False, with `out` undefined, when a pixel is NaN or infinite or when the sum is zero or not finite.
bool stamp_normalize(const double *pixels, double *scratch, ptrdiff_t n, bool by_mean, float *out);

/// out[i] = pixels[i], rounded. False, with `out` undefined, when a rounded pixel is NaN or infinite.
bool stamp_round(const double *pixels, ptrdiff_t n, float *out);

/// out[i] = (pixels[i] − minimum) / (maximum − minimum), from 0 to 1.
///
/// False, with `out` undefined, when a pixel is NaN or infinite, when all are equal, or when the range is not finite.
bool stamp_scale_to_range(const double *pixels, double *scratch, ptrdiff_t n, float *out);

/// The limit of a standardised pixel's magnitude: beyond any measurement, and its square is finite in single precision.
#define STAMP_FARTHEST 1e15

/// The robust standard deviation σ_G = 0.7413·(p75 − p25). If that is 0, as when half of the pixels are masked with one
/// value, √(π/2) times the mean absolute deviation from the median instead. Also sets the median.
///
/// 0 when all pixels are equal; NaN when a pixel is not finite (the median is then not set) or the spread is not.
double stamp_spread(const double *pixels, double *scratch, ptrdiff_t n, double *median);

/// out[i] = (pixels[i] − median) / spread with those of `stamp_spread`, limited to ±STAMP_FARTHEST.
///
/// False, with `out` undefined, when the spread is not positive.
bool stamp_standardize(const double *pixels, double *scratch, ptrdiff_t n, float *out);

/// Sets the mean of the pixels, and the sum of the squares of their distances from it (two passes, as `numpy.var`).
///
/// False, with neither set, when a pixel is NaN or infinite.
bool stamp_moments(const double *pixels, ptrdiff_t n, double *mean, double *squares);

/// out[i] = (pixels[i] − zero) / unit, limited to ±STAMP_FARTHEST.
///
/// False, with `out` undefined, when a pixel is NaN or infinite.
bool stamp_scale(const double *pixels, ptrdiff_t n, double zero, double unit, float *out);

/// out[i] = (pixels[i] − mean) / √(squares / n) with those of `stamp_moments`, limited to ±STAMP_FARTHEST.
///
/// False, with `out` undefined, when a pixel is NaN or infinite, or when all are equal.
bool stamp_zscore(const double *pixels, ptrdiff_t n, float *out);

/// out[i] = (pixels[i] − p_low) / (p_high − p_low) with the percentiles of `stamp_percentile`, clipped to 0…1.
///
/// False, with `out` undefined, when a pixel is NaN or infinite, or when the percentiles are equal or too far apart.
bool stamp_scale_percentiles(const double *pixels, double *scratch, ptrdiff_t n, double low, double high, float *out);

/// out[i] = pixels[i] / √(Σ pixels²); zeros where all pixels are 0.
///
/// False, with `out` undefined, when a pixel is NaN or infinite.
bool stamp_divide_by_norm(const double *pixels, double *scratch, ptrdiff_t n, float *out);

/// values[i] = min(max(values[i], lowest), highest)
void stamp_clip(float *values, ptrdiff_t n, float lowest, float highest);

/// values[i] = softening·asinh(values[i] / softening), to a relative 5e-7, for |values[i] / softening| ≤ 1e15.
void stamp_asinh(float *values, ptrdiff_t n, float softening);

/// out[i] = pixels[i] in double precision
void stamp_widen(const float *pixels, ptrdiff_t n, double *out);

#endif
