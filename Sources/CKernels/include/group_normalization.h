// Normalisation of groups of values within one sample, as LayerNormalization and GroupNormalization do it.
//
// A sample is `pixels` × `groups` × `width` values without gaps; a group is the pixels · width values of one group
// number. Sums are taken in double precision, in an order that depends on the shape alone; nothing is fused. A group of
// one pixel is summed with a chain for each place modulo 16; of more pixels, first each channel is summed, then groups.
//
// Sources: J. L. Ba, J. R. Kiros and G. E. Hinton, arXiv:1607.06450 (2016); Y. Wu and K. He, ECCV 2018; results as
// Keras' layers.
#ifndef CKERNELS_GROUP_NORMALIZATION_H
#define CKERNELS_GROUP_NORMALIZATION_H

#include "vectors.h"

/// The shape of a sample.
typedef struct {
    ptrdiff_t pixels, groups, width;
} GroupShape;

/// y = γ·(x − μ)/√(σ² + ε) + β with the mean μ and the (biased) variance σ² of the value's group.
///
/// `scale` (γ) and `center` (β) hold groups · width values each; NULL for 1 and for 0. statistics[2g] = μ and
/// statistics[2g + 1] = 1/√(σ² + ε) of group g. `y` must not overlap `x`.
void group_normalize(GroupShape shape, const float *x, const float *scale, const float *center, double epsilon,
                     double *statistics, float *y);

/// dx = (g − mean(g) − x̂·mean(g·x̂))/√(σ² + ε) with g = γ·dy, means over groups, and x̂ = (x − μ)/√(σ² + ε).
///
/// Adds Σ dy·x̂ to `scale_sums` and Σ dy to `center_sums`, groups · width numbers each. `group_sums` is scratch for two
/// numbers of each group. `dx` may be NULL where nobody needs it.
void group_normalize_backward(GroupShape shape, const float *x, const float *dy, const float *scale,
                              const double *statistics, double *scale_sums, double *center_sums, double *group_sums,
                              float *dx);

#endif
