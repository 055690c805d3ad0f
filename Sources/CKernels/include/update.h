// Optimizer steps on `count` consecutive parameters p with gradients g. Results as Keras' optimizers.
//
// The arrays of a call hold `count` floats each and must not overlap.
#ifndef CKERNELS_UPDATE_H
#define CKERNELS_UPDATE_H

#include "vectors.h"

/// p −= rate·g. As Keras' SGD without momentum.
void sgd_update(float *parameters, const float *gradient, ptrdiff_t count, float rate);

/// v = momentum·v − rate·g; p += v, or with `nesterov` p += momentum·v − rate·g. As Keras' SGD with momentum.
void momentum_update(float *parameters, const float *gradient, float *velocity, ptrdiff_t count, float rate,
                     float momentum, int nesterov);

/// m += (g − m)·(1 − β₁); v += (g² − v)·(1 − β₂); p −= rate·m / (√v + ε). As Keras' Adam.
///
/// `rate` includes Adam's bias correction, √(1 − β₂ᵗ) / (1 − β₁ᵗ).
///
/// Source: D. P. Kingma and J. Ba, "Adam", ICLR 2015.
void adam_update(float *parameters, const float *gradient, float *first_moment, float *second_moment, ptrdiff_t count,
                 float rate, float one_minus_beta1, float one_minus_beta2, float epsilon);

/// p −= p·factor: decoupled weight decay.
void decay_weights(float *parameters, ptrdiff_t count, float factor);

/// x = x·factor
void scale_values(float *values, ptrdiff_t count, float factor);

/// a = momentum·a + weight·p: the moving average of the parameters.
void average_update(float *average, const float *parameters, ptrdiff_t count, float momentum, float weight);

/// m and v as in `adam_update`; g = m·correction1 / (√(v·correction2) + ε), the direction of LAMB's step.
///
/// The corrections are 1 / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ).
///
/// Source: Y. You et al., "Large batch optimization for deep learning", ICLR 2020.
void lamb_direction(float *gradient, float *first_moment, float *second_moment, ptrdiff_t count, float one_minus_beta1,
                    float one_minus_beta2, float correction1, float correction2, float epsilon);

/// v = momentum·v − rate·(g + decay·p); p += v, with the layer's trust ratio in `rate`.
///
/// Source: Y. You, I. Gitman and B. Ginsburg, "Large batch training of convolutional networks", arXiv:1708.03888.
void lars_update(float *parameters, const float *gradient, float *velocity, ptrdiff_t count, float rate, float momentum,
                 float decay);

/// sums[k] = Σ x² over the k-th `chunk` values, in their order; the last chunk may be shorter.
///
/// `sums` holds ⌈count / chunk⌉ doubles.
void sum_squares(const float *values, ptrdiff_t count, ptrdiff_t chunk, double *sums);

/// magnitudes = Σ |x|, squares = Σ x²: every eighth value by itself, and then those eight sums in their order.
void penalty_sums(const float *values, ptrdiff_t count, double *magnitudes, double *squares);

/// g += magnitude·sign(x) + slope·x: the gradient of a penalty on x. The sign of 0 is 0.
void add_penalty_gradient(const float *values, ptrdiff_t count, float magnitude, float slope, float *gradient);

#endif
