#include "activation.h"

#include "elementary_vectors.h"
#include "portable_math.h"

static const float ROOT_2_OVER_PI = 0.79788456080286535588f, CUBIC = 0.044715f;
static const float ROOT_HALF = 0.70710678118654752440f, DENSITY_0 = 0.39894228040143267794f;
static const float SELU_SCALE = 1.05070098735548049342f, SELU_ALPHA = 1.67326324235437728482f;

// ln(1 + exp(x)) without overflow.
INLINE void softplus(f32x16 *x) {
    f32x16 rest = -MAGNITUDE(*x);
    vector_exp(&rest);
    vector_log1p(&rest);
    rectify(x);
    *x += rest;
}

INLINE void hard_sigmoid(f32x16 *x) {
    *x += 3.0f;
    clamp(x, 0, 6);
    *x /= 6.0f;
}

// tanh(ln(1 + exp(x))), by the power of exp that does not overflow.
INLINE void tanh_of_softplus(f32x16 *x) {
    f32x16 e = -MAGNITUDE(*x);
    vector_exp(&e);
    const f32x16 falling = e * (e + 2.0f), rising = 1.0f + 2.0f * e;
    *x = SELECT(*x > 0.0f, rising / (rising + 2.0f * e * e), falling / (falling + 2.0f));
}

// tanh(√(2/π)·(x + 0.044715 x³))
INLINE void tanh_of_gelu(f32x16 *x) {
    *x = ROOT_2_OVER_PI * (*x + CUBIC * *x * *x * *x);
    vector_tanh(x);
}

// Φ(x) + x·φ(x), with the normal distribution Φ and its density φ.
INLINE void derivative_of_gelu(f32x16 *x) {
    f32x16 error = *x * ROOT_HALF, density = -0.5f * *x * *x;
    vector_erf(&error);
    // Less is nothing beside Φ.
    density = SELECT(density < -87.0f, ALL_LANES(-87.0f), density);
    moderate_exp(&density);
    *x = 0.5f * (1.0f + error) + *x * DENSITY_0 * density;
}

// Expands a loop over y[i] = z, where `body` makes z of x, both vectors.
#define EACH_VALUE(body) \
    do { \
        f32x16 x = {0}; \
        for (ptrdiff_t i = 0; i < count; i += VECTOR_FLOATS) { \
            load_partial(inputs + i, count - i, &x); \
            f32x16 z = x; \
            body; \
            store_partial(&z, count - i, outputs + i); \
        } \
    } while (0)

FOR_EACH_CPU
void activation(Activation function, float parameter, const float *inputs, ptrdiff_t count, float *outputs) {
    const f32x16 zero = {0};
    switch (function) {
        case ACTIVATION_SIGMOID: EACH_VALUE(vector_logistic(&z)); break;
        case ACTIVATION_TANH: EACH_VALUE(vector_tanh(&z)); break;
        case ACTIVATION_LEAKY_RELU: EACH_VALUE(z = SELECT(x < 0.0f, parameter * x, x)); break;
        case ACTIVATION_ELU: EACH_VALUE(vector_expm1(&z); z = SELECT(x < 0.0f, parameter * z, x)); break;
        case ACTIVATION_GELU: EACH_VALUE(z *= ROOT_HALF; vector_erf(&z); z = 0.5f * x * (1.0f + z)); break;
        case ACTIVATION_GELU_APPROXIMATE: EACH_VALUE(tanh_of_gelu(&z); z = 0.5f * x * (1.0f + z)); break;
        case ACTIVATION_SILU: EACH_VALUE(vector_logistic(&z); z *= x); break;
        case ACTIVATION_HARD_SIGMOID: EACH_VALUE(hard_sigmoid(&z)); break;
        case ACTIVATION_HARD_SILU: EACH_VALUE(hard_sigmoid(&z); z *= x); break;
        case ACTIVATION_SOFTPLUS: EACH_VALUE(softplus(&z)); break;
        case ACTIVATION_SOFTSIGN: EACH_VALUE(z = x / (1.0f + MAGNITUDE(x))); break;
        case ACTIVATION_SELU:
            EACH_VALUE(vector_expm1(&z); z = SELECT(x < 0.0f, (SELU_SCALE * SELU_ALPHA) * z, SELU_SCALE * x));
            break;
        case ACTIVATION_CELU:
            EACH_VALUE(z /= parameter; vector_expm1(&z); z = SELECT(x < 0.0f, parameter * z, x));
            break;
        case ACTIVATION_MISH: EACH_VALUE(tanh_of_softplus(&z); z *= x); break;
        case ACTIVATION_EXPONENTIAL: EACH_VALUE(vector_exp(&z)); break;
        case ACTIVATION_LOG_SIGMOID: EACH_VALUE(z = -x; softplus(&z); z = -z); break;
        case ACTIVATION_HARD_TANH: EACH_VALUE(clamp(&z, -1, 1)); break;
        case ACTIVATION_TANH_SHRINK: EACH_VALUE(vector_tanh(&z); z = x - z); break;
        case ACTIVATION_SOFT_SHRINK:
            EACH_VALUE(z = SELECT(x > parameter, x - parameter, SELECT(x < -parameter, x + parameter, 0.0f * x)));
            break;
        case ACTIVATION_HARD_SHRINK: EACH_VALUE(z = SELECT(MAGNITUDE(x) <= parameter, zero, x)); break;
        case ACTIVATION_SQUAREPLUS: EACH_VALUE(z = 0.5f * (x + __builtin_elementwise_sqrt(x * x + parameter))); break;
        case ACTIVATION_SPARSE_PLUS:
            EACH_VALUE(z = SELECT(x <= -1.0f, zero, SELECT(x < 1.0f, 0.25f * (x + 1.0f) * (x + 1.0f), x)));
            break;
        case ACTIVATION_SPARSE_SIGMOID: EACH_VALUE(z = 0.5f * (x + 1.0f); clamp(&z, 0, 1)); break;
    }
}

// The same for dx[i] = d, where `body` makes d of x, y and dy, all vectors. What a body does not use is not read.
#define EACH_GRADIENT(body) \
    do { \
        f32x16 x = {0}, y = {0}, dy = {0}; \
        for (ptrdiff_t i = 0; i < count; i += VECTOR_FLOATS) { \
            if (inputs) load_partial(inputs + i, count - i, &x); \
            if (outputs) load_partial(outputs + i, count - i, &y); \
            load_partial(gradients + i, count - i, &dy); \
            f32x16 z = x, d = dy; \
            body; \
            (void)y; \
            (void)z; \
            store_partial(&d, count - i, dx + i); \
        } \
    } while (0)

FOR_EACH_CPU
void activation_backward(Activation function, float parameter, const float *inputs, const float *outputs,
                         const float *gradients, ptrdiff_t count, float *dx) {
    const f32x16 zero = {0}, one = ALL_LANES(1.0f);
    switch (function) {
        case ACTIVATION_SIGMOID: EACH_GRADIENT(d = dy * y * (1.0f - y)); break;
        case ACTIVATION_TANH: EACH_GRADIENT(d = dy * (1.0f - y * y)); break;
        case ACTIVATION_LEAKY_RELU: EACH_GRADIENT(d = SELECT(x > 0.0f, dy, parameter * dy)); break;
        case ACTIVATION_ELU: EACH_GRADIENT(d = SELECT(x > 0.0f, dy, dy * (y + parameter))); break;
        case ACTIVATION_GELU: EACH_GRADIENT(derivative_of_gelu(&z); d = dy * z); break;
        case ACTIVATION_GELU_APPROXIMATE:
            EACH_GRADIENT(
                tanh_of_gelu(&z);
                d = dy
                    * (0.5f * (1.0f + z) + 0.5f * x * (1.0f - z * z) * ROOT_2_OVER_PI * (1.0f + 3 * CUBIC * (x * x))));
            break;
        case ACTIVATION_SILU: EACH_GRADIENT(vector_logistic(&z); d = dy * (z + x * z * (1.0f - z))); break;
        case ACTIVATION_HARD_SIGMOID: EACH_GRADIENT(d = SELECT(MAGNITUDE(x) < 3.0f, dy / 6.0f, zero)); break;
        case ACTIVATION_HARD_SILU:
            EACH_GRADIENT(d = dy * SELECT(x <= -3.0f, zero, SELECT(x >= 3.0f, one, (2.0f * x + 3.0f) / 6.0f)));
            break;
        case ACTIVATION_SOFTPLUS: EACH_GRADIENT(vector_logistic(&z); d = dy * z); break;
        case ACTIVATION_SOFTSIGN: EACH_GRADIENT(z = 1.0f + MAGNITUDE(x); d = dy / (z * z)); break;
        case ACTIVATION_SELU:
            EACH_GRADIENT(vector_exp(&z);
                          d = dy * SELECT(x < 0.0f, (SELU_SCALE * SELU_ALPHA) * z, ALL_LANES(SELU_SCALE)));
            break;
        case ACTIVATION_CELU: EACH_GRADIENT(z /= parameter; vector_exp(&z); d = SELECT(x < 0.0f, dy * z, dy)); break;
        case ACTIVATION_MISH:
            EACH_GRADIENT(tanh_of_softplus(&z); f32x16 share = x; vector_logistic(&share);
                          d = dy * (z + x * (1.0f - z * z) * share));
            break;
        case ACTIVATION_EXPONENTIAL: EACH_GRADIENT(d = dy * y); break;
        case ACTIVATION_LOG_SIGMOID: EACH_GRADIENT(z = -x; vector_logistic(&z); d = dy * z); break;
        case ACTIVATION_HARD_TANH: EACH_GRADIENT(d = SELECT(MAGNITUDE(x) <= 1.0f, dy, zero)); break;
        case ACTIVATION_SPARSE_SIGMOID: EACH_GRADIENT(d = SELECT(MAGNITUDE(x) < 1.0f, 0.5f * dy, zero)); break;
        case ACTIVATION_TANH_SHRINK: EACH_GRADIENT(vector_tanh(&z); d = dy * (z * z)); break;
        case ACTIVATION_SOFT_SHRINK:
        case ACTIVATION_HARD_SHRINK: EACH_GRADIENT(d = SELECT(MAGNITUDE(x) > parameter, dy, zero)); break;
        case ACTIVATION_SQUAREPLUS:
            EACH_GRADIENT(d = dy * 0.5f * (1.0f + x / __builtin_elementwise_sqrt(x * x + parameter)));
            break;
        case ACTIVATION_SPARSE_PLUS:
            EACH_GRADIENT(d = dy * SELECT(x <= -1.0f, zero, SELECT(x < 1.0f, 0.5f * (x + 1.0f), one)));
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

// y[c] = exp(x[c] − subtrahend).
INLINE void exponentials(const float *x, float subtrahend, ptrdiff_t count, float *y) {
    f32x16 value = {0};
    for (ptrdiff_t c = 0; c < count; c += VECTOR_FLOATS) {
        load_partial(x + c, count - c, &value);
        value -= subtrahend;
        vector_exp(&value);
        store_partial(&value, count - c, y + c);
    }
}

INLINE float largest_of(const float *x, ptrdiff_t count) {
    float largest = x[0];
    for (ptrdiff_t c = 1; c < count; ++c) largest = x[c] > largest ? x[c] : largest;
    return largest;
}

FOR_EACH_CPU
void softmax(const float *x, ptrdiff_t rows, ptrdiff_t channels, float *y) {
    for (ptrdiff_t r = 0; r < rows; ++r, x += channels, y += channels) {
        float sum = 0;
        exponentials(x, largest_of(x, channels), channels, y);
        for (ptrdiff_t c = 0; c < channels; ++c) sum += y[c];
        for (ptrdiff_t c = 0; c < channels; ++c) y[c] /= sum;
    }
}

FOR_EACH_CPU
void softmax_backward(const float *y, const float *dy, ptrdiff_t rows, ptrdiff_t channels, float *dx) {
    for (ptrdiff_t r = 0; r < rows; ++r, y += channels, dy += channels, dx += channels) {
        float sum = 0;
        for (ptrdiff_t c = 0; c < channels; ++c) sum += y[c] * dy[c];
        for (ptrdiff_t c = 0; c < channels; ++c) dx[c] = y[c] * (dy[c] - sum);
    }
}

FOR_EACH_CPU
void log_softmax(const float *x, ptrdiff_t rows, ptrdiff_t channels, float *y) {
    for (ptrdiff_t r = 0; r < rows; ++r, x += channels, y += channels) {
        const float largest = largest_of(x, channels);
        float sum = 0;
        for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
            const ptrdiff_t count = channels - c < VECTOR_FLOATS ? channels - c : VECTOR_FLOATS;
            float powers[VECTOR_FLOATS];
            exponentials(x + c, largest, count, powers);
            for (ptrdiff_t i = 0; i < count; ++i) sum += powers[i];
        }
        const float logarithm = (float)portable_log(sum);
        for (ptrdiff_t c = 0; c < channels; ++c) y[c] = (x[c] - largest) - logarithm;
    }
}

FOR_EACH_CPU
void log_softmax_backward(const float *y, const float *dy, ptrdiff_t rows, ptrdiff_t channels, float *dx) {
    for (ptrdiff_t r = 0; r < rows; ++r, y += channels, dy += channels, dx += channels) {
        float sum = 0;
        for (ptrdiff_t c = 0; c < channels; ++c) sum += dy[c];
        for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
            f32x16 value = {0}, gradient = {0};
            load_partial(y + c, channels - c, &value);
            load_partial(dy + c, channels - c, &gradient);
            vector_exp(&value);
            value = gradient - value * sum;
            store_partial(&value, channels - c, dx + c);
        }
    }
}
