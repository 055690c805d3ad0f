// Products of rows of inputs with a matrix of weights: the inner loop of convolutions and dense layers.
//
// A "row" is one output pixel (or one sample of a dense layer). Its inputs are `segments` runs of `length` floats,
// `segment_step` apart: for a convolution of NHWC maps, run s holds the (kernel column, input channel) pairs of kernel
// row s, which are contiguous in memory, so no im2col buffer is needed.
#ifndef CKERNELS_ROW_PRODUCT_H
#define CKERNELS_ROW_PRODUCT_H

#include "vectors.h"

/// The shape and strides of a product: `groups` (samples) of `lines` (output lines) of `rows` (output pixels of a
/// line). All strides are in floats.
typedef struct {
    ptrdiff_t groups, input_group, output_group;  // number, and strides of inputs and outputs between groups
    ptrdiff_t lines, input_line, output_line;     // the same of lines
    ptrdiff_t rows, input_step, output_step;      // the same of rows
    ptrdiff_t segments, segment_step;             // runs of inputs of one row, and the stride between them
    ptrdiff_t length;                             // floats of a run
    ptrdiff_t channels;                           // outputs of a row
    ptrdiff_t weight_step;                        // stride between rows of weights
    ptrdiff_t segment_rows;                       // rows of weights from one segment to the next; at least `length`
    int continues;                                // whether sums begin with the outputs in place of the bias
} RowProduct;

/// For each row with inputs x and outputs y:
///
///     y[n] = f(bias[n] + Σ_s Σ_j x[s·segment_step + j] · weights[(s·segment_rows + j)·weight_step + n])
///
/// with f(z) = max(z, 0) if `relu`, else z. `bias` may be NULL (zero).
///
/// Each output is one chain of (fused) multiply-adds in the order of s and j, whatever the number of rows and the
/// vector width. With fewer than 16 channels, 16 weights of each row are read: weight_step must be 16 or more. If
/// `continues`, which at most 32 channels allow, the chain begins with y[n] in place of bias[n]. Outputs must not
/// overlap operands.
void row_product(const RowProduct *shape, const float *in, const float *weights, const float *bias, int relu,
                 float *out);

/// With inputs x and output gradients dy of each row, summed over all rows:
///
///     gradient[(s·length + j)·channels + n] = Σ x[s·segment_step + j] · dy[n]
///
/// Overwrites `gradient` (segments·length × channels), which must not overlap the operands. The weights' strides of the
/// shape are ignored. Partial sums cover the rows of a few samples, in an order that depends on the shape alone.
void row_product_weight_gradient(const RowProduct *shape, const float *in, const float *out_gradient, float *gradient);

/// sums[n] = Σ_r values[r·step + n] for 0 ≤ n < channels: the gradient of a bias. Four interleaved partial sums.
void column_sums(const float *values, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t step, float *sums);

#endif
