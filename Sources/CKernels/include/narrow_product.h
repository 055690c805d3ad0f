// Dense layers with one or two outputs: too narrow for vectors of channels, so the vectors run along the inputs.
#ifndef CKERNELS_NARROW_PRODUCT_H
#define CKERNELS_NARROW_PRODUCT_H

#include "vectors.h"

// out[b][n] = bias[n] + Σ_k in[b·length + k] · weights[k·outputs + n]   (weights: length × outputs, outputs 1 or 2)
//
// `bias` may be NULL (zero).
// Thirty-two interleaved partial sums, then one fixed tree: the order depends on `length` alone.
void narrow_product(const float *in, const float *weights, const float *bias, ptrdiff_t samples, ptrdiff_t length,
                    ptrdiff_t outputs, float *out);

// in_gradient[b·length + k] = Σ_n out_gradient[b][n] · weights[k·outputs + n]
void narrow_product_input_gradient(const float *out_gradient, const float *weights, ptrdiff_t samples, ptrdiff_t length,
                                   ptrdiff_t outputs, float *in_gradient);

// gradient[k·outputs + n] = Σ_b in[b·length + k] · out_gradient[b][n], in the order of b
void narrow_product_weight_gradient(const float *in, const float *out_gradient, ptrdiff_t samples, ptrdiff_t length,
                                    ptrdiff_t outputs, float *gradient);

#endif
