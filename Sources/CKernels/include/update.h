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

#endif
