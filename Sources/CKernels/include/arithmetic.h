// Arithmetic of two arrays, or of an array and a number, value by value. One rounding a value, so that results do not
// depend on the processor; powers are those of the C library.
#ifndef CKERNELS_ARITHMETIC_H
#define CKERNELS_ARITHMETIC_H

#include "vectors.h"

/// a ∘ b. Maxima and minima are NaN where one of the two is.
typedef enum {
    ARITHMETIC_ADD,       // a + b
    ARITHMETIC_SUBTRACT,  // a − b
    ARITHMETIC_MULTIPLY,  // a·b
    ARITHMETIC_DIVIDE,    // a / b
    ARITHMETIC_MAXIMUM,   // max(a, b)
    ARITHMETIC_MINIMUM,   // min(a, b)
    ARITHMETIC_POWER,     // a to the power of b
} Arithmetic;

/// y[i] = a[i] ∘ b[i] for 0 ≤ i < count. `y` may be `a` or `b`.
void combine(Arithmetic operation, const float *a, const float *b, ptrdiff_t count, float *y);

/// y[r·count + i] = a[r·count + i] ∘ b[i] for 0 ≤ r < rows and 0 ≤ i < count. `y` may be `a`.
void combine_rows(Arithmetic operation, const float *a, const float *b, ptrdiff_t rows, ptrdiff_t count, float *y);

/// y[i] = a[i] ∘ b for 0 ≤ i < count. `y` may be `a`.
void combine_with_number(Arithmetic operation, const float *a, float b, ptrdiff_t count, float *y);

/// y[i] = a ∘ b[i] for 0 ≤ i < count. `y` may be `b`.
void combine_number_with(Arithmetic operation, float a, const float *b, ptrdiff_t count, float *y);

/// y[i] = a[i] + scale·b[i] for 0 ≤ i < count, each rounded. `y` may be `a` or `b`.
void add_scaled(const float *a, const float *b, float scale, ptrdiff_t count, float *y);

/// dx[i] = dy[i] where x[i] = y[i] and taken[i] = 0, else 0; taken[i] = 1 where x[i] = y[i].
///
/// Called for each of the arrays whose maximum or minimum is y, with `taken` 0 at first: the first of equal ones has
/// the gradient. `dx` may be NULL where nobody needs it.
void winner_gradient(const float *x, const float *y, const float *dy, ptrdiff_t count, float *taken, float *dx);

#endif
