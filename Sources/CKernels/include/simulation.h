// Parts of simulated stamps: point sources, correlated noise, elementary functions.
//
// None of these is compiled for several processors: fused multiply-adds would change the last bits, and one seed must
// give the same stamps on every x86-64 machine.
#ifndef CKERNELS_SIMULATION_H
#define CKERNELS_SIMULATION_H

#include "vectors.h"

/// A point-spread function: the sum of a Moffat profile and a Gaussian with one width and one elliptical shape.
///
/// With t = xx·dx² + 2·xy·dx·dy + yy·dy², which is 1 at half maximum, the brightness is
///
///     moffat_peak · (1 + moffat_scale·t)^−moffat_index + gaussian_peak · exp(−ln 2 · t)
///
/// The peaks are such that the total flux is 1.
struct point_spread {
    float xx, xy, yy;
    float moffat_index, moffat_scale, moffat_peak, gaussian_peak;
};

/// image[row][column] += flux · the integral over the pixel of the point-spread function centred at (x, y).
///
/// `image` is height × width; pixel centres have integer coordinates. The integral is a Gauss–Legendre quadrature with
/// 2 × 2 points: its error is at most 0.2 % of the peak for a width of 2.5 pixels, 2 % for 1.5.
void add_point_source(const struct point_spread *shape, float flux, float x, float y, size_t height, size_t width,
                      float *image);

/// out[r][c] += Σ_i Σ_j down[i] · across[j] · image[r + i][c + j]: a separable 3 × 3 filter.
///
/// `image` is height × width, `out` (height − 2) × (width − 2). They must not overlap.
void add_filtered(const float *image, size_t height, size_t width, const float down[3], const float across[3],
                  float *out);

/// out[r][c] = Σ_i Σ_j down[i] · across[j] · image[r − i + reach_down][c − j + reach_across]: a separable filter of
/// 2·reach_down + 1 by 2·reach_across + 1 weights, for which all beyond the border is 0.
///
/// `image` and `out` are height × width, and so is `rows`, which is overwritten. They must not overlap.
void filter_separably(const float *image, size_t height, size_t width, const float *down, size_t reach_down,
                      const float *across, size_t reach_across, float *rows, float *out);

/// exp(x) with the same bits everywhere. x is clamped to −87 ≤ x ≤ 88.
float portable_expf(float x);

/// ln(x) for a positive normal x, with the same bits everywhere.
float portable_logf(float x);

/// cos(2π·turns) for |turns| < 2²², with the same bits everywhere.
float portable_cosine_of_turns(float turns);

#endif
