// Activation functions and their gradients, element by element.
#ifndef CKERNELS_ACTIVATION_H
#define CKERNELS_ACTIVATION_H

#include "vectors.h"

typedef enum {
    ACTIVATION_SIGMOID,           // 1 / (1 + exp(−x))
    ACTIVATION_TANH,              // tanh x
    ACTIVATION_LEAKY_RELU,        // x ≥ 0 ? x : parameter·x
    ACTIVATION_ELU,               // x ≥ 0 ? x : parameter·(exp(x) − 1)
    ACTIVATION_GELU,              // x·Φ(x)
    ACTIVATION_GELU_APPROXIMATE,  // x/2·(1 + tanh(√(2/π)·(x + 0.044715 x³)))
} Activation;

// y = f(x)
void activation(Activation function, float parameter, const float *x, ptrdiff_t count, float *y);

// dx = dy·f′(x), with y = f(x) at hand
void activation_backward(Activation function, float parameter, const float *x, const float *y, const float *dy,
                         ptrdiff_t count, float *dx);

// y = exp(x − max x) / Σ exp(x − max x) over rows of `channels`; dx = y·(dy − Σ y·dy)
void softmax(const float *x, ptrdiff_t rows, ptrdiff_t channels, float *y);
void softmax_backward(const float *y, const float *dy, ptrdiff_t rows, ptrdiff_t channels, float *dx);

#endif
