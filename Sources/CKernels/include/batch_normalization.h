// Batch normalisation of rows of channels (NHWC maps seen as rows × channels).
// Source: S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015; results as Keras' BatchNormalization.
#ifndef CKERNELS_BATCH_NORMALIZATION_H
#define CKERNELS_BATCH_NORMALIZATION_H

#include "vectors.h"

// sums[c] = Σ_r x, sums[channels + c] = Σ_r x². Both are taken about the rows' own mean and moved to zero in double
// precision, so that the variance from summed `sums` is as good as from two passes over the whole batch.
void channel_moments(const float *x, ptrdiff_t rows, ptrdiff_t channels, double *sums);

// y = f(x·scale[c] + shift[c]) with f(x) = max(x, 0) if `relu`, else x
void channel_scale_shift(const float *x, const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                         int relu, float *y);

// For the backward pass: `scale` and `shift` are NULL, or those of a `channel_scale_shift` with relu; dy then counts as
// 0 wherever that gave no more than 0, so that the gradient goes through the rectifier without a pass of its own.

// sums[c] = Σ_r dy, sums[channels + c] = Σ_r dy·(x − mean[c])·inverse_deviation[c].
void channel_gradient_sums(const float *x, const float *dy, const float *mean, const float *inverse_deviation,
                           const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels, double *sums);

// dx = dy·a[c] + x·b[c] + d[c]; x and dx may not overlap, since x is read twice where channels do not fill vectors.
void channel_gradient(const float *x, const float *dy, const float *a, const float *b, const float *d,
                      const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels, float *dx);

#endif
