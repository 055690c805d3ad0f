// Batch normalisation of matrices of rows × channels; an NHWC map is one of samples·height·width rows.
//
// All x, y, dy and dx are rows × channels, without gaps. Outputs must not overlap inputs: with more than 16 channels
// that do not fill vectors, some are read after the overlapping vector before has been written.
//
// Source: S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015; results as Keras' BatchNormalization.
#ifndef CKERNELS_BATCH_NORMALIZATION_H
#define CKERNELS_BATCH_NORMALIZATION_H

#include "vectors.h"

/// sums[c] = Σ_r x[r][c], sums[channels + c] = Σ_r x[r][c]².
///
/// `sums` holds 2·channels doubles. Blocks of rows are summed about their own mean and then shifted to sums about zero
/// in double precision: the variance computed from `sums`, also from those of several calls added, is as accurate as a
/// computation in two passes.
void channel_moments(const float *x, ptrdiff_t rows, ptrdiff_t channels, double *sums);

/// y[r][c] = f((x[r][c] − mean[c])·scale[c] + shift[c]), with f(z) = max(z, 0) if `relu`, else z.
///
/// `mean` may be NULL (zero). The difference comes first: as x·scale + (shift − mean·scale) values far from zero would
/// lose the digits that mean and value share.
void channel_scale_shift(const float *x, const float *mean, const float *scale, const float *shift, ptrdiff_t rows,
                         ptrdiff_t channels, int relu, float *y);

/// sums[c] = Σ_r dz[r][c], sums[channels + c] = Σ_r dz[r][c]·(x[r][c] − mean[c])·inverse_deviation[c].
///
/// With `scale` and `shift` NULL, dz = dy. With those of a `channel_scale_shift` with `relu`, dz[r][c] = dy[r][c] where
/// (x[r][c] − mean[c])·scale[c] + shift[c] > 0, else 0: the gradient before the rectifier. `sums` holds 2·channels
/// doubles.
void channel_gradient_sums(const float *x, const float *dy, const float *mean, const float *inverse_deviation,
                           const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels, double *sums);

/// dx[r][c] = dz[r][c]·a[c] + (x[r][c] − mean[c])·b[c] + d[c], with dz as in `channel_gradient_sums`.
void channel_gradient(const float *x, const float *dy, const float *mean, const float *a, const float *b,
                      const float *d, const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                      float *dx);

#endif
