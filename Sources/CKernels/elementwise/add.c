#include "add.h"

FOR_EACH_CPU void add_into(float *restrict y, const float *restrict x, size_t n) {
    for (size_t i = 0; i < n; ++i) y[i] += x[i];
}

FOR_EACH_CPU void add_doubles_into(double *restrict y, const double *restrict x, size_t n) {
    for (size_t i = 0; i < n; ++i) y[i] += x[i];
}
