#include "activation.h"

#include <math.h>

static const float ROOT_2_OVER_PI = 0.79788456080286535588f, CUBIC = 0.044715f;
static const float ROOT_HALF = 0.70710678118654752440f, DENSITY_0 = 0.39894228040143267794f;

void activation(Activation function, float parameter, const float *x, ptrdiff_t count, float *y) {
    switch (function) {
        case ACTIVATION_SIGMOID:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = 1 / (1 + expf(-x[i]));
            break;
        case ACTIVATION_TANH:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = tanhf(x[i]);
            break;
        case ACTIVATION_LEAKY_RELU:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = x[i] < 0 ? parameter * x[i] : x[i];
            break;
        case ACTIVATION_ELU:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = x[i] < 0 ? parameter * expm1f(x[i]) : x[i];
            break;
        case ACTIVATION_GELU:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = 0.5f * x[i] * (1 + erff(x[i] * ROOT_HALF));
            break;
        case ACTIVATION_GELU_APPROXIMATE:
            for (ptrdiff_t i = 0; i < count; ++i)
                y[i] = 0.5f * x[i] * (1 + tanhf(ROOT_2_OVER_PI * (x[i] + CUBIC * x[i] * x[i] * x[i])));
            break;
    }
}

void activation_backward(Activation function, float parameter, const float *x, const float *y, const float *dy,
                         ptrdiff_t count, float *dx) {
    switch (function) {
        case ACTIVATION_SIGMOID:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * y[i] * (1 - y[i]);
            break;
        case ACTIVATION_TANH:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * (1 - y[i] * y[i]);
            break;
        case ACTIVATION_LEAKY_RELU:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = x[i] > 0 ? dy[i] : parameter * dy[i];
            break;
        case ACTIVATION_ELU:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = x[i] > 0 ? dy[i] : dy[i] * (y[i] + parameter);
            break;
        case ACTIVATION_GELU:
            for (ptrdiff_t i = 0; i < count; ++i)
                dx[i] = dy[i] * (0.5f * (1 + erff(x[i] * ROOT_HALF)) + x[i] * DENSITY_0 * expf(-0.5f * x[i] * x[i]));
            break;
        case ACTIVATION_GELU_APPROXIMATE:
            for (ptrdiff_t i = 0; i < count; ++i) {
                const float square = x[i] * x[i], t = tanhf(ROOT_2_OVER_PI * (x[i] + CUBIC * square * x[i]));
                dx[i] = dy[i]
                        * (0.5f * (1 + t) + 0.5f * x[i] * (1 - t * t) * ROOT_2_OVER_PI * (1 + 3 * CUBIC * square));
            }
            break;
    }
}

void softmax(const float *x, ptrdiff_t rows, ptrdiff_t channels, float *y) {
    for (ptrdiff_t r = 0; r < rows; ++r, x += channels, y += channels) {
        float largest = x[0], sum = 0;
        for (ptrdiff_t c = 1; c < channels; ++c) largest = x[c] > largest ? x[c] : largest;
        for (ptrdiff_t c = 0; c < channels; ++c) sum += y[c] = expf(x[c] - largest);
        for (ptrdiff_t c = 0; c < channels; ++c) y[c] /= sum;
    }
}

void softmax_backward(const float *y, const float *dy, ptrdiff_t rows, ptrdiff_t channels, float *dx) {
    for (ptrdiff_t r = 0; r < rows; ++r, y += channels, dy += channels, dx += channels) {
        float sum = 0;
        for (ptrdiff_t c = 0; c < channels; ++c) sum += y[c] * dy[c];
        for (ptrdiff_t c = 0; c < channels; ++c) dx[c] = y[c] * (dy[c] - sum);
    }
}
