// The channels of a stamp as planes: taken out of pixels whose channels follow one another, filled, put together again.
#ifndef CKERNELS_PLANES_H
#define CKERNELS_PLANES_H

#include <stdbool.h>

#include "vectors.h"

/// out[row][column] = values[row·stride + column·channels] for `height` rows and `width` columns.
///
/// `values` points to the channel's first pixel that is taken; `stride` is the values of one of its rows.
void stamp_take_plane(const double *values, ptrdiff_t stride, ptrdiff_t channels, ptrdiff_t height, ptrdiff_t width,
                      double *out);

/// The same of single precision, which is widened.
void stamp_take_float_plane(const float *values, ptrdiff_t stride, ptrdiff_t channels, ptrdiff_t height,
                            ptrdiff_t width, double *out);

/// out[row·stride + column·channels] = plane[row][column] for `height` rows and `width` columns.
void stamp_put_plane(const float *plane, ptrdiff_t height, ptrdiff_t width, ptrdiff_t stride, ptrdiff_t channels,
                     float *out);

/// What stands for pixels that are not finite.
enum stamp_fill { STAMP_FILL_ZERO, STAMP_FILL_MEDIAN, STAMP_FILL_MINIMUM };

/// Replaces NaN and infinite pixels of a plane by 0, or by the median or the minimum of the finite ones; sets mask[i]
/// to 1 where that was done, and leaves it elsewhere (NULL for none).
///
/// `scratch` holds 3n values, which are overwritten. False when a median or minimum is wanted and no pixel is finite.
bool stamp_fill_plane(double *pixels, ptrdiff_t n, enum stamp_fill fill, double *scratch, float *mask);

/// values[i] = 1 where values[i] ≥ ½, else 0
void stamp_threshold(float *values, ptrdiff_t n);

#endif
