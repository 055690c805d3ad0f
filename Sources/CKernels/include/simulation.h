// What simulated stamps are made of, beside normal numbers: correlated noise, point sources.
//
// None of these has a clone for each CPU, on purpose: fused multiply-adds would change the last bits, and the same
// seed shall give the same stamps on every x86-64 machine.
#ifndef CKERNELS_SIMULATION_H
#define CKERNELS_SIMULATION_H

#include "vectors.h"

// A point-spread function of unit flux: a Moffat profile and a Gaussian with one width and one elliptical shape.
// With t = xx·dx² + 2·xy·dx·dy + yy·dy², which is 1 at half maximum, the brightness is
//   moffat_peak · (1 + moffat_scale · t)^-moffat_index + gaussian_peak · exp(-ln 2 · t).
struct point_spread {
    float xx, xy, yy;
    float moffat_index, moffat_scale, moffat_peak, gaussian_peak;
};

// image(height, width) += flux · the point-spread function at (x, y), integrated over each pixel by 2 × 2 points of
// Gauss and Legendre (0.2 % of the peak at worst for a width of 2.5 pixels, 2 % for 1.5). Pixel (row, column) reaches
// from column - ½ to column + ½.
void add_point_source(const struct point_spread *shape, float flux, float x, float y, size_t height, size_t width,
                      float *image);

// out(height - 2, width - 2) += image(height, width) weighted by down · across' around each inner pixel:
// out[r][c] += sum over i, j of down[i] · across[j] · image[r + i][c + j].
void add_filtered(const float *image, size_t height, size_t width, const float down[3], const float across[3],
                  float *out);

// exp(x) for -87 <= x <= 88, the same bits everywhere.
float portable_exp(float x);

// ln(x) for a positive normal x, the same bits everywhere.
float portable_log(float x);

// cos(2π · turns) for |turns| < 2^22, the same bits everywhere.
float portable_cosine_of_turns(float turns);

#endif
