// Loops over elements: activations, dropout.
#ifndef CKERNELS_ELEMENTWISE_H
#define CKERNELS_ELEMENTWISE_H

#include "vectors.h"

// y = max(x, 0); not-a-number stays. `y` may be `x`.
void relu(const float *x, ptrdiff_t count, float *y);

// dx = dy where y > 0, else 0. `dx` may be `dy`.
void relu_backward(const float *y, const float *dy, ptrdiff_t count, float *dx);

// y = f(a + b) with f(x) = max(x, 0) if `rectify`, else x
void add_pair(const float *a, const float *b, ptrdiff_t count, int rectify, float *y);

// Inverted dropout of one sample, as Keras' Dropout: keep[i] = u(i) ≥ rate, y[i] = keep[i] ? x[i] / (1 − rate) : 0.
//
// u(i) is word (i mod 64) / 16 of Philox block (i / 64)·16 + i mod 16 with the counter (block, sample, step, purpose)
// and the seed as key, as a number in [0, 1) with 24 bits.
void dropout(const float *x, ptrdiff_t count, float rate, uint64_t seed, uint32_t sample, uint32_t step,
             uint32_t purpose, float *y, uint8_t *keep);

// dx[i] = keep[i] ? dy[i] / (1 − rate) : 0
void dropout_backward(const float *dy, const uint8_t *keep, ptrdiff_t count, float rate, float *dx);

#endif
