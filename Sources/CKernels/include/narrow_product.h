// Dense layers with one or two outputs: too few for vectors of channels, so vectors run along the inputs.
//
// `in` is samples × length, `weights` length × outputs, `out` samples × outputs; outputs is 1 or 2. Results must not
// overlap operands.
#ifndef CKERNELS_NARROW_PRODUCT_H
#define CKERNELS_NARROW_PRODUCT_H

#include "vectors.h"

/// out[b][n] = bias[n] + Σ_k in[b][k] · weights[k][n]
///
/// `bias` may be NULL (zero). The order of summation depends on `length` and `outputs` alone: interleaved partial sums,
/// added as a binary tree, then the inputs that do not fill vectors.
void narrow_product(const float *in, const float *weights, const float *bias, ptrdiff_t samples, ptrdiff_t length,
                    ptrdiff_t outputs, float *out);

/// in_gradient[b][k] = Σ_n out_gradient[b][n] · weights[k][n]
void narrow_product_input_gradient(const float *out_gradient, const float *weights, ptrdiff_t samples, ptrdiff_t length,
                                   ptrdiff_t outputs, float *in_gradient);

/// gradient[k][n] = Σ_b in[b][k] · out_gradient[b][n], in the order of b
void narrow_product_weight_gradient(const float *in, const float *out_gradient, ptrdiff_t samples, ptrdiff_t length,
                                    ptrdiff_t outputs, float *gradient);

#endif
