#include "activation.h"

#include <math.h>

static const float ROOT_2_OVER_PI = 0.79788456080286535588f, CUBIC = 0.044715f;
static const float ROOT_HALF = 0.70710678118654752440f, DENSITY_0 = 0.39894228040143267794f;
static const float SELU_SCALE = 1.05070098735548049342f, SELU_ALPHA = 1.67326324235437728482f;

static float logistic(float x) { return 1 / (1 + expf(-x)); }

// ln(1 + exp(x)) without overflow.
static float softplus(float x) { return (x > 0 ? x : 0) + log1pf(expf(-fabsf(x))); }

// min(max(x, low), high), NaN for NaN.
static float clamped(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

static float hard_sigmoid(float x) { return clamped(x + 3, 0, 6) / 6; }

// tanh(ln(1 + exp(x))), by the power of exp that does not overflow.
static float tanh_of_softplus(float x) {
    const float e = expf(-fabsf(x));
    return x > 0 ? (1 + 2 * e) / (1 + 2 * e + 2 * e * e) : e * (e + 2) / (e * (e + 2) + 2);
}

static float mish_slope(float x) {
    const float t = tanh_of_softplus(x);
    return t + x * (1 - t * t) * logistic(x);
}

static float silu_slope(float x) {
    const float s = logistic(x);
    return s + x * s * (1 - s);
}

static float hard_silu_slope(float x) { return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6; }

static float soft_shrink(float x, float limit) { return x > limit ? x - limit : x < -limit ? x + limit : 0 * x; }

static float sparse_plus(float x) { return x <= -1 ? 0 : x < 1 ? 0.25f * (x + 1) * (x + 1) : x; }

static float sparse_plus_slope(float x) { return x <= -1 ? 0 : x < 1 ? 0.5f * (x + 1) : 1; }

static float square(float x) { return x * x; }

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
        case ACTIVATION_SILU:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = x[i] * logistic(x[i]);
            break;
        case ACTIVATION_HARD_SIGMOID:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = hard_sigmoid(x[i]);
            break;
        case ACTIVATION_HARD_SILU:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = x[i] * hard_sigmoid(x[i]);
            break;
        case ACTIVATION_SOFTPLUS:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = softplus(x[i]);
            break;
        case ACTIVATION_SOFTSIGN:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = x[i] / (1 + fabsf(x[i]));
            break;
        case ACTIVATION_SELU:
            for (ptrdiff_t i = 0; i < count; ++i)
                y[i] = x[i] < 0 ? SELU_SCALE * SELU_ALPHA * expm1f(x[i]) : SELU_SCALE * x[i];
            break;
        case ACTIVATION_CELU:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = x[i] < 0 ? parameter * expm1f(x[i] / parameter) : x[i];
            break;
        case ACTIVATION_MISH:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = x[i] * tanh_of_softplus(x[i]);
            break;
        case ACTIVATION_EXPONENTIAL:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = expf(x[i]);
            break;
        case ACTIVATION_LOG_SIGMOID:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = -softplus(-x[i]);
            break;
        case ACTIVATION_HARD_TANH:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = clamped(x[i], -1, 1);
            break;
        case ACTIVATION_TANH_SHRINK:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = x[i] - tanhf(x[i]);
            break;
        case ACTIVATION_SOFT_SHRINK:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = soft_shrink(x[i], parameter);
            break;
        case ACTIVATION_HARD_SHRINK:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = fabsf(x[i]) <= parameter ? 0 : x[i];
            break;
        case ACTIVATION_SQUAREPLUS:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = 0.5f * (x[i] + sqrtf(x[i] * x[i] + parameter));
            break;
        case ACTIVATION_SPARSE_PLUS:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = sparse_plus(x[i]);
            break;
        case ACTIVATION_SPARSE_SIGMOID:
            for (ptrdiff_t i = 0; i < count; ++i) y[i] = clamped(0.5f * (x[i] + 1), 0, 1);
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
        case ACTIVATION_SILU:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * silu_slope(x[i]);
            break;
        case ACTIVATION_HARD_SIGMOID:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = fabsf(x[i]) < 3 ? dy[i] / 6 : 0;
            break;
        case ACTIVATION_HARD_SILU:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * hard_silu_slope(x[i]);
            break;
        case ACTIVATION_SOFTPLUS:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * logistic(x[i]);
            break;
        case ACTIVATION_SOFTSIGN:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] / square(1 + fabsf(x[i]));
            break;
        case ACTIVATION_SELU:
            for (ptrdiff_t i = 0; i < count; ++i)
                dx[i] = dy[i] * (x[i] < 0 ? SELU_SCALE * SELU_ALPHA * expf(x[i]) : SELU_SCALE);
            break;
        case ACTIVATION_CELU:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = x[i] < 0 ? dy[i] * expf(x[i] / parameter) : dy[i];
            break;
        case ACTIVATION_MISH:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * mish_slope(x[i]);
            break;
        case ACTIVATION_EXPONENTIAL:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * y[i];
            break;
        case ACTIVATION_LOG_SIGMOID:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * logistic(-x[i]);
            break;
        case ACTIVATION_HARD_TANH:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = fabsf(x[i]) <= 1 ? dy[i] : 0;
            break;
        case ACTIVATION_SPARSE_SIGMOID:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = fabsf(x[i]) < 1 ? 0.5f * dy[i] : 0;
            break;
        case ACTIVATION_TANH_SHRINK:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * square(tanhf(x[i]));
            break;
        case ACTIVATION_SOFT_SHRINK:
        case ACTIVATION_HARD_SHRINK:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = fabsf(x[i]) > parameter ? dy[i] : 0;
            break;
        case ACTIVATION_SQUAREPLUS:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * 0.5f * (1 + x[i] / sqrtf(x[i] * x[i] + parameter));
            break;
        case ACTIVATION_SPARSE_PLUS:
            for (ptrdiff_t i = 0; i < count; ++i) dx[i] = dy[i] * sparse_plus_slope(x[i]);
            break;
    }
}

FOR_EACH_CPU
void bounded_relu(float slope, float threshold, float maximum, const float *x, ptrdiff_t count, float *y) {
    f32x16 value = {0};
    for (ptrdiff_t i = 0; i < count; i += VECTOR_FLOATS) {
        load_partial(x + i, count - i, &value);
        const i32x16 is_large = value > maximum, is_below = value <= threshold;
        f32x16 below = {0};
        if (slope != 0) below = (value - threshold) * slope;
        f32x16 result = (f32x16)((is_large & (i32x16)ALL_LANES(maximum)) | (~is_large & (i32x16)value));
        result = (f32x16)((is_below & (i32x16)below) | (~is_below & (i32x16)result));
        store_partial(&result, count - i, y + i);
    }
}

FOR_EACH_CPU
void bounded_relu_backward(float slope, float threshold, float maximum, const float *x, const float *dy,
                           ptrdiff_t count, float *dx) {
    f32x16 value = {0}, gradient = {0};
    for (ptrdiff_t i = 0; i < count; i += VECTOR_FLOATS) {
        load_partial(x + i, count - i, &value);
        load_partial(dy + i, count - i, &gradient);
        const i32x16 is_below = value < threshold, is_between = (value > threshold) & (value < maximum);
        const f32x16 below = gradient * slope;
        gradient = (f32x16)((is_below & (i32x16)below) | (is_between & (i32x16)gradient));
        store_partial(&gradient, count - i, dx + i);
    }
}

FOR_EACH_CPU
void prelu(const float *x, const float *slope, ptrdiff_t count, float *y) {
    f32x16 value = {0}, factor = {0};
    for (ptrdiff_t i = 0; i < count; i += VECTOR_FLOATS) {
        load_partial(x + i, count - i, &value);
        load_partial(slope + i, count - i, &factor);
        const i32x16 is_positive = value > 0;
        value = (f32x16)((is_positive & (i32x16)value) | (~is_positive & (i32x16)(value * factor)));
        store_partial(&value, count - i, y + i);
    }
}

FOR_EACH_CPU
void prelu_backward(const float *x, const float *slope, const float *dy, ptrdiff_t count, float *dx, float *dslope) {
    f32x16 value = {0}, factor = {0}, gradient = {0};
    for (ptrdiff_t i = 0; i < count; i += VECTOR_FLOATS) {
        load_partial(x + i, count - i, &value);
        load_partial(slope + i, count - i, &factor);
        load_partial(dy + i, count - i, &gradient);
        const i32x16 is_positive = value > 0, is_negative = value < 0;
        const f32x16 through = gradient * factor, share = gradient * value;
        const f32x16 slopes = (f32x16)(is_negative & (i32x16)share);
        gradient = (f32x16)((is_positive & (i32x16)gradient) | (is_negative & (i32x16)through));
        store_partial(&slopes, count - i, dslope + i);
        if (dx) store_partial(&gradient, count - i, dx + i);
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

void log_softmax(const float *x, ptrdiff_t rows, ptrdiff_t channels, float *y) {
    for (ptrdiff_t r = 0; r < rows; ++r, x += channels, y += channels) {
        float largest = x[0], sum = 0;
        for (ptrdiff_t c = 1; c < channels; ++c) largest = x[c] > largest ? x[c] : largest;
        for (ptrdiff_t c = 0; c < channels; ++c) sum += expf(x[c] - largest);
        const float logarithm = logf(sum);
        for (ptrdiff_t c = 0; c < channels; ++c) y[c] = (x[c] - largest) - logarithm;
    }
}

void log_softmax_backward(const float *y, const float *dy, ptrdiff_t rows, ptrdiff_t channels, float *dx) {
    for (ptrdiff_t r = 0; r < rows; ++r, y += channels, dy += channels, dx += channels) {
        float sum = 0;
        for (ptrdiff_t c = 0; c < channels; ++c) sum += dy[c];
        for (ptrdiff_t c = 0; c < channels; ++c) dx[c] = dy[c] - expf(y[c]) * sum;
    }
}
