// Activation functions with transcendental functions, softmax, and their gradients. They call the C library and are
// compiled for the baseline instruction set only. Results as Keras' activations.
#ifndef CKERNELS_ACTIVATION_H
#define CKERNELS_ACTIVATION_H

#include "vectors.h"

/// f(x); Φ is the cumulative normal distribution.
typedef enum {
    ACTIVATION_SIGMOID,           // 1 / (1 + exp(−x))
    ACTIVATION_TANH,              // tanh x
    ACTIVATION_LEAKY_RELU,        // x ≥ 0 ? x : parameter·x
    ACTIVATION_ELU,               // x ≥ 0 ? x : parameter·(exp(x) − 1)
    ACTIVATION_GELU,              // x·Φ(x)
    ACTIVATION_GELU_APPROXIMATE,  // x/2·(1 + tanh(√(2/π)·(x + 0.044715 x³)))
} Activation;

/// y[i] = f(x[i]) for 0 ≤ i < count. `parameter` is the slope or scale of leaky ReLU and ELU. `y` may be `x`.
void activation(Activation function, float parameter, const float *x, ptrdiff_t count, float *y);

/// dx[i] = dy[i]·f′(x[i]) for 0 ≤ i < count, given y = f(x). Sigmoid and tanh read `y` only, leaky ReLU and GELU `x`
/// only, ELU both. `dx` may be any of the inputs.
void activation_backward(Activation function, float parameter, const float *x, const float *y, const float *dy,
                         ptrdiff_t count, float *dx);

/// y[r][c] = exp(x[r][c] − m) / Σ_c exp(x[r][c] − m) with m = max_c x[r][c].
///
/// All arrays are rows × channels, channels ≥ 1. `y` may be `x`.
void softmax(const float *x, ptrdiff_t rows, ptrdiff_t channels, float *y);

/// dx[r][c] = y[r][c]·(dy[r][c] − Σ_c y[r][c]·dy[r][c]). `dx` may be `y` or `dy`.
void softmax_backward(const float *y, const float *dy, ptrdiff_t rows, ptrdiff_t channels, float *dx);

#endif
