#include "arithmetic.h"

#include "portable_math.h"

// A product and a sum are rounded one after another on every processor.
#pragma STDC FP_CONTRACT OFF

INLINE float larger(float a, float b) { return a > b || a != a ? a : b; }
INLINE float smaller(float a, float b) { return a < b || a != a ? a : b; }

// A square is a product to the last bit.
INLINE float power(float a, float b) { return b == 2 ? a * a : (float)portable_pow(a, b); }

// Expands a loop over `y[i] = f(a, b)` for the operation, with expressions for its operands.
#define EACH_VALUE(operation, a, b) \
    do { \
        switch (operation) { \
            case ARITHMETIC_ADD: \
                for (ptrdiff_t i = 0; i < count; ++i) y[i] = (a) + (b); \
                break; \
            case ARITHMETIC_SUBTRACT: \
                for (ptrdiff_t i = 0; i < count; ++i) y[i] = (a) - (b); \
                break; \
            case ARITHMETIC_MULTIPLY: \
                for (ptrdiff_t i = 0; i < count; ++i) y[i] = (a) * (b); \
                break; \
            case ARITHMETIC_DIVIDE: \
                for (ptrdiff_t i = 0; i < count; ++i) y[i] = (a) / (b); \
                break; \
            case ARITHMETIC_MAXIMUM: \
                for (ptrdiff_t i = 0; i < count; ++i) y[i] = larger(a, b); \
                break; \
            case ARITHMETIC_MINIMUM: \
                for (ptrdiff_t i = 0; i < count; ++i) y[i] = smaller(a, b); \
                break; \
            case ARITHMETIC_POWER: \
                for (ptrdiff_t i = 0; i < count; ++i) y[i] = power(a, b); \
                break; \
        } \
    } while (0)

FOR_EACH_CPU
void combine(Arithmetic operation, const float *a, const float *b, ptrdiff_t count, float *y) {
    EACH_VALUE(operation, a[i], b[i]);
}

FOR_EACH_CPU
void combine_rows(Arithmetic operation, const float *a, const float *b, ptrdiff_t rows, ptrdiff_t count, float *y) {
    for (ptrdiff_t r = 0; r < rows; ++r, a += count, y += count) EACH_VALUE(operation, a[i], b[i]);
}

FOR_EACH_CPU
void combine_with_number(Arithmetic operation, const float *a, float b, ptrdiff_t count, float *y) {
    EACH_VALUE(operation, a[i], b);
}

FOR_EACH_CPU
void combine_number_with(Arithmetic operation, float a, const float *b, ptrdiff_t count, float *y) {
    EACH_VALUE(operation, a, b[i]);
}

FOR_EACH_CPU
void add_scaled(const float *a, const float *b, float scale, ptrdiff_t count, float *y) {
    for (ptrdiff_t i = 0; i < count; ++i) {
        const float product = b[i] * scale;
        y[i] = a[i] + product;
    }
}

FOR_EACH_CPU
void winner_gradient(const float *x, const float *y, const float *dy, ptrdiff_t count, float *taken, float *dx) {
    for (ptrdiff_t i = 0; i < count; ++i) {
        const int wins = x[i] == y[i];
        if (dx) dx[i] = wins && taken[i] == 0 ? dy[i] : 0;
        taken[i] = wins ? 1 : taken[i];
    }
}
