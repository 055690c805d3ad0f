// Arrays of which some axes have one value that stands for all, as numpy broadcasts them.
//
// `axes` axes, at least 1, from the outermost to the innermost: `extents` of the large array, which lies without gaps,
// and `steps` of the small one, by how many values it moves with the axis; 0 where it stays. The last step is 0 or 1.
#ifndef CKERNELS_BROADCAST_H
#define CKERNELS_BROADCAST_H

#include "vectors.h"

/// large[i] = small[j] for each place i of the large array and the place j of the small one that stands for it.
void broadcast_expand(const ptrdiff_t *extents, const ptrdiff_t *steps, int axes, const float *small, float *large);

/// sums[j] += Σ large[i] over the places i that j stands for, one after another in double precision.
void broadcast_sum(const ptrdiff_t *extents, const ptrdiff_t *steps, int axes, const float *large, double *sums);

#endif
