// The transforms of winograd.h along one axis, of vectors of channels. The template parameter M is the side of a tile
// of outputs, 2 or 4; a transformed tile has the side M + 2.
//
// M = 2 evaluates polynomials at 0, 1, −1 and ∞. M = 4 takes 0, ±p, ±q and ∞ with p = ⅔ and q = 3/2, which of small
// fractions amplify what is rounded least: half as much as the usual ±1 and ±2. (B. Barabasz et al., "Error analysis
// and improving the accuracy of Winograd convolution", arXiv:1803.10986, on how points matter.) Since pq = 1, with s =
// p² + q² = 97/36:
//
//     Bᵀ = ⎡1   0   −s    0   1  0⎤   G = ⎡    1        0        0   ⎤   Aᵀ = ⎡1  1   1   1   1   0⎤
//          ⎢0  −q  −q²    p   1  0⎥       ⎢ −81/130  −54/130  −36/130⎥        ⎢0  p  −p   q  −q   0⎥
//          ⎢0   q  −q²   −p   1  0⎥       ⎢ −81/130   54/130  −36/130⎥        ⎢0  p²  p²  q²  q²  0⎥
//          ⎢0  −p  −p²    q   1  0⎥       ⎢  16/130   24/130   36/130⎥        ⎣0  p³ −p³  q³ −q³  1⎦
//          ⎢0   p  −p²   −q   1  0⎥       ⎢  16/130  −24/130   36/130⎥
//          ⎣0   1    0   −s   0  1⎦       ⎣    0        0        1   ⎦
#ifndef CKERNELS_WINOGRAD_LINES_H
#define CKERNELS_WINOGRAD_LINES_H

#include "vectors.h"

#define POINT_P (2.0f / 3)
#define POINT_Q (3.0f / 2)
#define SQUARE_P (4.0f / 9)
#define SQUARE_Q (9.0f / 4)
#define CUBE_P (8.0f / 27)
#define CUBE_Q (27.0f / 8)
#define SQUARES (97.0f / 36)

// t = Bᵀ d: M + 2 inputs.
INLINE void input_line(const f32x16 *d, f32x16 *t, const int M) {
    if (M == 2) {
        t[0] = d[0] - d[2];
        t[1] = d[1] + d[2];
        t[2] = d[2] - d[1];
        t[3] = d[1] - d[3];
        return;
    }
    const f32x16 even_p = d[4] - SQUARE_Q * d[2], odd_p = POINT_P * (d[3] - SQUARE_Q * d[1]);
    const f32x16 even_q = d[4] - SQUARE_P * d[2], odd_q = POINT_Q * (d[3] - SQUARE_P * d[1]);
    t[0] = (d[0] + d[4]) - SQUARES * d[2];
    t[1] = even_p + odd_p;
    t[2] = even_p - odd_p;
    t[3] = even_q + odd_q;
    t[4] = even_q - odd_q;
    t[5] = (d[1] + d[5]) - SQUARES * d[3];
}

// u = G g: three taps.
INLINE void tap_line(const f32x16 *g, f32x16 *u, const int M) {
    u[0] = g[0];
    u[M + 1] = g[2];
    if (M == 2) {
        const f32x16 sum = g[0] + g[2];
        u[1] = 0.5f * (sum + g[1]);
        u[2] = 0.5f * (sum - g[1]);
        return;
    }
    const f32x16 even_p = g[0] * (-81.0f / 130) + g[2] * (-36.0f / 130), odd_p = g[1] * (-54.0f / 130);
    const f32x16 even_q = g[0] * (16.0f / 130) + g[2] * (36.0f / 130), odd_q = g[1] * (24.0f / 130);
    u[1] = even_p + odd_p;
    u[2] = even_p - odd_p;
    u[3] = even_q + odd_q;
    u[4] = even_q - odd_q;
}

// y = Aᵀ m: M outputs.
INLINE void output_line(const f32x16 *m, f32x16 *y, const int M) {
    if (M == 2) {
        y[0] = m[0] + (m[1] + m[2]);
        y[1] = (m[1] - m[2]) - m[3];
        return;
    }
    const f32x16 even_p = m[1] + m[2], odd_p = m[1] - m[2], even_q = m[3] + m[4], odd_q = m[3] - m[4];
    y[0] = m[0] + (even_p + even_q);
    y[1] = POINT_P * odd_p + POINT_Q * odd_q;
    y[2] = SQUARE_P * even_p + SQUARE_Q * even_q;
    y[3] = m[5] + (CUBE_P * odd_p + CUBE_Q * odd_q);
}

// v = A dy: M gradients of outputs.
INLINE void gradient_line(const f32x16 *dy, f32x16 *v, const int M) {
    v[0] = dy[0];
    if (M == 2) {
        v[1] = dy[0] + dy[1];
        v[2] = dy[0] - dy[1];
        v[3] = -dy[1];
        return;
    }
    const f32x16 even_p = dy[0] + SQUARE_P * dy[2], odd_p = POINT_P * dy[1] + CUBE_P * dy[3];
    const f32x16 even_q = dy[0] + SQUARE_Q * dy[2], odd_q = POINT_Q * dy[1] + CUBE_Q * dy[3];
    v[1] = even_p + odd_p;
    v[2] = even_p - odd_p;
    v[3] = even_q + odd_q;
    v[4] = even_q - odd_q;
    v[5] = dy[3];
}

// g = Gᵀ u: three gradients of taps.
INLINE void sums_line(const f32x16 *u, f32x16 *g, const int M) {
    if (M == 2) {
        const f32x16 sum = 0.5f * (u[1] + u[2]);
        g[0] = u[0] + sum;
        g[1] = 0.5f * (u[1] - u[2]);
        g[2] = sum + u[3];
        return;
    }
    const f32x16 even_p = u[1] + u[2], odd_p = u[1] - u[2], even_q = u[3] + u[4], odd_q = u[3] - u[4];
    g[0] = u[0] + (even_p * (-81.0f / 130) + even_q * (16.0f / 130));
    g[1] = odd_p * (-54.0f / 130) + odd_q * (24.0f / 130);
    g[2] = u[5] + (even_p * (-36.0f / 130) + even_q * (36.0f / 130));
}

#undef SQUARES
#undef CUBE_Q
#undef CUBE_P
#undef SQUARE_Q
#undef SQUARE_P
#undef POINT_Q
#undef POINT_P

#endif
