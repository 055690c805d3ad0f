// Element-wise kernels: rectifier, sums of two arrays, copies, dropout. Arrays hold `count` values.
#ifndef CKERNELS_ELEMENTWISE_H
#define CKERNELS_ELEMENTWISE_H

#include "vectors.h"

/// y[i] = max(x[i], 0). NaN stays NaN. `y` may be `x`.
void relu(const float *x, ptrdiff_t count, float *y);

/// dx[i] = dy[i] where y[i] > 0, else 0. `dx` may be `dy`.
void relu_backward(const float *y, const float *dy, ptrdiff_t count, float *dx);

/// y[i] = f(a[i] + b[i]), with f(x) = max(x, 0) if `rectify`, else x. `y` may be `a` or `b`.
void add_pair(const float *a, const float *b, ptrdiff_t count, int rectify, float *y);

/// y[r][c] = f(y[r][c] + row[c]) for all rows of rows × channels, with f(x) = max(x, 0) if `rectify`, else x.
void add_to_rows(const float *row, ptrdiff_t rows, ptrdiff_t channels, int rectify, float *y);

/// to[r·to_step + c] = from[r·from_step + c] for 0 ≤ r < rows, 0 ≤ c < columns.
void copy_columns(const float *from, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t from_step, ptrdiff_t to_step,
                  float *to);

/// Inverted dropout of one sample, as Keras' Dropout: keep[i] = u(i) ≥ rate, y[i] = keep[i] ? x[i] / (1 − rate) : 0.
///
/// u(i) is a uniform number in [0, 1) with 24 bits: the upper bits of word (i mod 64) / 16 of Philox block
/// (i / 64)·16 + i mod 16, with the counter (block, sample, step, purpose) and the seed as key.
///
/// 0 ≤ rate < 1. `y` may be `x`.
void dropout(const float *x, ptrdiff_t count, float rate, uint64_t seed, uint32_t sample, uint32_t step,
             uint32_t purpose, float *y, uint8_t *keep);

/// dx[i] = keep[i] ? dy[i] / (1 − rate) : 0. `dx` may be `dy`.
void dropout_backward(const float *dy, const uint8_t *keep, ptrdiff_t count, float rate, float *dx);

#endif
