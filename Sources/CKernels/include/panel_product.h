// `row_product` for wide matrices, and weights packed in panels for it.
//
// The rows of a wide matrix are kilobytes apart: a block of 32 channels then falls into few sets of the first-level
// cache and touches a page per row. In a panel, the weights of 32 channels are contiguous.
#ifndef CKERNELS_PANEL_PRODUCT_H
#define CKERNELS_PANEL_PRODUCT_H

#include "row_product.h"

/// Whether `row_product` can use this kernel for this number of channels: a multiple of 32, at least 128.
int panel_product_fits(ptrdiff_t channels);

/// `row_product` for one line of one group, with `panel_product_fits(shape->channels)`. Groups and lines of the shape
/// are ignored. Weights are plain (panel_step 0) or packed in panels (panel_step > 0 and weight_step 32).
///
/// `out` also holds intermediate sums; it must not overlap the operands.
void panel_product(const RowProduct *shape, const float *in, const float *weights, const float *bias, int relu,
                   float *out);

/// Packs the transpose of a rows × columns matrix in panels of 32 of its rows:
/// panels[r / 32·panel_step + c·32 + r mod 32] = matrix[r·columns + c].
///
/// `rows` must be a multiple of 32 and panel_step ≥ 32·columns. The arrays must not overlap.
void transpose_to_panels(const float *matrix, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t panel_step, float *panels);

#endif
