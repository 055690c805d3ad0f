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
                 float *restrict second_moment, ptrdiff_t count, float rate, float one_minus_beta1,
                 float one_minus_beta2, float epsilon) {
    for (ptrdiff_t i = 0; i < count; ++i) {
        const float g = gradient[i];
        first_moment[i] += (g - first_moment[i]) * one_minus_beta1;
        second_moment[i] += (g * g - second_moment[i]) * one_minus_beta2;
        parameters[i] -= rate * first_moment[i] / (__builtin_sqrtf(second_moment[i]) + epsilon);
    }
}

FOR_EACH_CPU
void decay_weights(float *parameters, ptrdiff_t count, float factor) {
    for (ptrdiff_t i = 0; i < count; ++i) parameters[i] -= parameters[i] * factor;
}

FOR_EACH_CPU
void scale_values(float *values, ptrdiff_t count, float factor) {
    for (ptrdiff_t i = 0; i < count; ++i) values[i] *= factor;
}

FOR_EACH_CPU
void average_update(float *restrict average, const float *restrict parameters, ptrdiff_t count, float momentum,
                    float weight) {
    for (ptrdiff_t i = 0; i < count; ++i) average[i] = momentum * average[i] + weight * parameters[i];
}

FOR_EACH_CPU
void lamb_direction(float *restrict gradient, float *restrict first_moment, float *restrict second_moment,
                    ptrdiff_t count, float one_minus_beta1, float one_minus_beta2, float correction1, float correction2,
                    float epsilon) {
    for (ptrdiff_t i = 0; i < count; ++i) {
        const float g = gradient[i];
        first_moment[i] += (g - first_moment[i]) * one_minus_beta1;
        second_moment[i] += (g * g - second_moment[i]) * one_minus_beta2;
        gradient[i] = first_moment[i] * correction1 / (__builtin_sqrtf(second_moment[i] * correction2) + epsilon);
    }
}

FOR_EACH_CPU
void lars_update(float *restrict parameters, const float *restrict gradient, float *restrict velocity, ptrdiff_t count,
                 float rate, float momentum, float decay) {
    for (ptrdiff_t i = 0; i < count; ++i) {
        velocity[i] = momentum * velocity[i] - rate * (gradient[i] + decay * parameters[i]);
        parameters[i] += velocity[i];
    }
}

// Squares of single-precision numbers are exact in double precision: only the additions round, in a fixed order.
FOR_EACH_CPU
void sum_squares(const float *values, ptrdiff_t count, ptrdiff_t chunk, double *sums) {
    for (ptrdiff_t start = 0; start < count; start += chunk, ++sums) {
        const ptrdiff_t end = start + chunk < count ? start + chunk : count;
        double sum = 0;
        for (ptrdiff_t i = start; i < end; ++i) sum += (double)values[i] * (double)values[i];
        *sums = sum;
    }
}

// Eight sums, so that the compiler may keep them in vectors of any width: the order is the same in all of them.
FOR_EACH_CPU
void penalty_sums(const float *values, ptrdiff_t count, double *magnitudes, double *squares) {
    double magnitude[8] = {0}, square[8] = {0};
    const ptrdiff_t whole = count / 8 * 8;
    for (ptrdiff_t i = 0; i < whole; i += 8) {
        for (int k = 0; k < 8; ++k) {
            const double x = values[i + k];
            magnitude[k] += __builtin_fabs(x);
            square[k] += x * x;
        }
    }
    for (ptrdiff_t i = whole; i < count; ++i) {
        const double x = values[i];
        magnitude[i - whole] += __builtin_fabs(x);
        square[i - whole] += x * x;
    }
    *magnitudes = *squares = 0;
    for (int k = 0; k < 8; ++k) {
        *magnitudes += magnitude[k];
        *squares += square[k];
    }
}

FOR_EACH_CPU
void add_penalty_gradient(const float *restrict values, ptrdiff_t count, float magnitude, float slope,
                          float *restrict gradient) {
    for (ptrdiff_t i = 0; i < count; ++i) {
        const float x = values[i];
        const float sign = (float)((x > 0) - (x < 0));
        gradient[i] += magnitude * sign + slope * x;
    }
}
