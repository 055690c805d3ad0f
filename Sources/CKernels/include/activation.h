// Activation functions, softmax, and their gradients. Results as Keras' activations, and the same bits on
// every processor: exp, tanh and erf are the program's own, and products and sums are rounded one after another.
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
    ACTIVATION_SILU,              // x / (1 + exp(−x))
    ACTIVATION_HARD_SIGMOID,      // min(max(x + 3, 0), 6) / 6
    ACTIVATION_HARD_SILU,         // x·min(max(x + 3, 0), 6) / 6
    ACTIVATION_SOFTPLUS,          // ln(1 + exp(x))
    ACTIVATION_SOFTSIGN,          // x / (1 + |x|)
    ACTIVATION_SELU,              // λ·(x ≥ 0 ? x : α·(exp(x) − 1)) with λ = 1.0507…, α = 1.6732…
    ACTIVATION_CELU,              // x ≥ 0 ? x : parameter·(exp(x / parameter) − 1)
    ACTIVATION_MISH,              // x·tanh(ln(1 + exp(x)))
    ACTIVATION_EXPONENTIAL,       // exp(x)
    ACTIVATION_LOG_SIGMOID,       // −ln(1 + exp(−x))
    ACTIVATION_HARD_TANH,         // min(max(x, −1), 1)
    ACTIVATION_TANH_SHRINK,       // x − tanh x
    ACTIVATION_SOFT_SHRINK,       // |x| > parameter ? x − sign(x)·parameter : 0
    ACTIVATION_HARD_SHRINK,       // |x| > parameter ? x : 0
    ACTIVATION_SQUAREPLUS,        // (x + √(x² + parameter)) / 2
    ACTIVATION_SPARSE_PLUS,       // x ≤ −1 ? 0 : x < 1 ? (x + 1)²/4 : x
    ACTIVATION_SPARSE_SIGMOID,    // min(max((x + 1)/2, 0), 1)
} Activation;

/// y[i] = f(x[i]) for 0 ≤ i < count, with x and y the `inputs` and `outputs`. `parameter` is the slope, scale, limit or
/// constant of the functions that have one. `outputs` may be `inputs`.
void activation(Activation function, float parameter, const float *inputs, ptrdiff_t count, float *outputs);

/// dx[i] = dy[i]·f′(x[i]) for 0 ≤ i < count, given y = f(x) and dy, the `gradients`. Sigmoid, tanh and the exponential
/// read `y` only, ELU reads `x` and `y`, the others `x` only. `dx` may be any of the inputs.
void activation_backward(Activation function, float parameter, const float *inputs, const float *outputs,
                         const float *gradients, ptrdiff_t count, float *dx);

/// y[i] = x[i] > threshold ? min(x[i], maximum) : slope·(x[i] − threshold), NaN for NaN. `y` may be `x`.
///
/// 0 ≤ threshold, 0 ≤ maximum ≤ ∞. The slope of nothing below the threshold is exactly 0, of −∞ too.
void bounded_relu(float slope, float threshold, float maximum, const float *x, ptrdiff_t count, float *y);

/// dx[i] = dy[i] where threshold < x[i] < maximum, slope·dy[i] where x[i] < threshold, else 0. `dx` may be `x` or `dy`.
void bounded_relu_backward(float slope, float threshold, float maximum, const float *x, const float *dy,
                           ptrdiff_t count, float *dx);

/// y[i] = x[i] > 0 ? x[i] : slope[i]·x[i] for 0 ≤ i < count. `y` may be `x`.
///
/// Source: K. He et al., "Delving deep into rectifiers", ICCV 2015.
void prelu(const float *x, const float *slope, ptrdiff_t count, float *y);

/// dx[i] = dy[i] where x[i] > 0, slope[i]·dy[i] where x[i] < 0, else 0; dslope[i] = dy[i]·min(x[i], 0).
///
/// `dx` may be `x` or `dy`, and NULL where nobody needs it; `dslope` must be an array of its own.
void prelu_backward(const float *x, const float *slope, const float *dy, ptrdiff_t count, float *dx, float *dslope);

/// y[r][c] = exp(x[r][c] − m) / Σ_c exp(x[r][c] − m) with m = max_c x[r][c].
///
/// All arrays are rows × channels, channels ≥ 1. `y` may be `x`.
void softmax(const float *x, ptrdiff_t rows, ptrdiff_t channels, float *y);

/// dx[r][c] = y[r][c]·(dy[r][c] − Σ_c y[r][c]·dy[r][c]). `dx` may be `y` or `dy`.
void softmax_backward(const float *y, const float *dy, ptrdiff_t rows, ptrdiff_t channels, float *dx);

/// y[r][c] = x[r][c] − m − ln Σ_c exp(x[r][c] − m) with m = max_c x[r][c]. Shapes as in `softmax`. `y` may be `x`.
void log_softmax(const float *x, ptrdiff_t rows, ptrdiff_t channels, float *y);

/// dx[r][c] = dy[r][c] − exp(y[r][c])·Σ_c dy[r][c]. `dx` may be `y` or `dy`.
void log_softmax_backward(const float *y, const float *dy, ptrdiff_t rows, ptrdiff_t channels, float *dx);

#endif
