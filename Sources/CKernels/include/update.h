// The optimizers' updates of a slice of the parameters, as Keras' SGD and Adam.
#ifndef CKERNELS_UPDATE_H
#define CKERNELS_UPDATE_H

#include "vectors.h"

// p −= rate·g
void sgd_update(float *parameters, const float *gradient, ptrdiff_t count, float rate);

// v = momentum·v − rate·g; p += v, or with Nesterov p += momentum·v − rate·g
void momentum_update(float *parameters, const float *gradient, float *velocity, ptrdiff_t count, float rate,
                     float momentum, int nesterov);

// m += (g − m)·share₁; v += (g² − v)·share₂; p −= rate·m / (√v + ε), where a share is 1 − β and `rate` holds Adam's
// bias correction
void adam_update(float *parameters, const float *gradient, float *first_moment, float *second_moment, ptrdiff_t count,
                 float rate, float share1, float share2, float epsilon);

// p −= p·share: weight decay apart from the gradient
void decay_weights(float *parameters, ptrdiff_t count, float share);

// x = x·factor
void scale_values(float *values, ptrdiff_t count, float factor);

// a = momentum·a + share·p
void average_update(float *average, const float *parameters, ptrdiff_t count, float momentum, float share);

// m and v as `adam_update` has them; g = m·correction₁ / (√(v·correction₂) + ε), the direction of LAMB's step
void lamb_direction(float *gradient, float *first_moment, float *second_moment, ptrdiff_t count, float share1,
                    float share2, float correction1, float correction2, float epsilon);

// v = momentum·v − rate·(g + decay·p); p += v
void lars_update(float *parameters, const float *gradient, float *velocity, ptrdiff_t count, float rate, float momentum,
                 float decay);

// sums[k] = Σ x² of the k-th `cell` values, the last of which may be fewer, added from the first to the last
void sum_squares(const float *values, ptrdiff_t count, ptrdiff_t cell, double *sums);

#endif
