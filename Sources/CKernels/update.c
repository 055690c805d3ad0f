#include "update.h"

FOR_EACH_CPU
void sgd_update(float *parameters, const float *gradient, ptrdiff_t count, float rate) {
    for (ptrdiff_t i = 0; i < count; ++i) parameters[i] -= rate * gradient[i];
}

FOR_EACH_CPU
void momentum_update(float *restrict parameters, const float *restrict gradient, float *restrict velocity,
                     ptrdiff_t count, float rate, float momentum, int nesterov) {
    if (nesterov) {
        for (ptrdiff_t i = 0; i < count; ++i) {
            velocity[i] = momentum * velocity[i] - rate * gradient[i];
            parameters[i] += momentum * velocity[i] - rate * gradient[i];
        }
    } else {
        for (ptrdiff_t i = 0; i < count; ++i) {
            velocity[i] = momentum * velocity[i] - rate * gradient[i];
            parameters[i] += velocity[i];
        }
    }
}

FOR_EACH_CPU
void adam_update(float *restrict parameters, const float *restrict gradient, float *restrict first_moment,
                 float *restrict second_moment, ptrdiff_t count, float rate, float share1, float share2, float epsilon) {
    for (ptrdiff_t i = 0; i < count; ++i) {
        const float g = gradient[i];
        first_moment[i] += (g - first_moment[i]) * share1;
        second_moment[i] += (g * g - second_moment[i]) * share2;
        parameters[i] -= rate * first_moment[i] / (__builtin_sqrtf(second_moment[i]) + epsilon);
    }
}
