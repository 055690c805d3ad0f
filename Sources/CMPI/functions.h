// What cmpi.c calls: the functions of cmpi.h as one implementation of MPI performs them. Each has the meaning and the
// parameters of its namesake there.
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include "cmpi.h"

typedef struct {
    int (*init)(bool *funneled);
    int (*finalize)(void);
    void (*abort)(int exit_code);
    bool (*is_main_thread)(void);
    void (*error_string)(int status, char text[CMPI_TEXT_CAPACITY]);
    void (*library_version)(char text[CMPI_TEXT_CAPACITY]);
    int (*rank)(int *rank);
    int (*size)(int *size);
    int (*barrier)(void);
    int (*broadcast_bytes)(void *bytes, int count, int root);
    int (*maximum_int64)(int64_t *value);
    int (*all_gather_int64)(int64_t value, int64_t *values);
    int (*gather_bytes)(const void *send, int count, void *receive, const int *counts, const int *offsets, int root);
    int (*all_gather_bytes)(const void *send, int count, void *receive, const int *counts, const int *offsets);
    int (*open_channel)(int color, int rank, cmpi_channel *channel);
    int (*enter_part)(int color, int rank);
    int (*leave_part)(void);
    int (*channel_place)(const cmpi_channel *channel, int *rank, int *size);
    int (*all_gather_doubles_in_place)(const cmpi_channel *channel, double *values, const int *counts,
                                       const int *offsets);
    int (*start_all_to_all)(const cmpi_channel *channel, size_t element_bytes, const void *send, const int *send_counts,
                            const int *send_offsets, void *receive, const int *receive_counts,
                            const int *receive_offsets, cmpi_request *request);
    int (*start_all_gather_floats_in_place)(const cmpi_channel *channel, float *values, const int *counts,
                                            const int *offsets, cmpi_request *request);
    int (*wait)(cmpi_request *request);
    int (*test)(cmpi_request *request, bool *complete);
    int (*watch)(double seconds);
    void (*change_limit)(double seconds);
    void (*silent_ranks)(bool *silent);
    int (*send_notice)(int rank);
    int (*find_notice)(int below, int *rank);
} cmpi_functions;

// Looks MPI's functions and constants up in a library that dlopen has opened. NULL if one is missing; its name is then
// left in `missing`.
const cmpi_functions *cmpi_open_mpi(void *library, const char **missing);
const cmpi_functions *cmpi_mpich(void *library, const char **missing);

// The name of the table that a shim (shim.c) offers, as text and as a symbol.
#define CMPI_SHIM cmpi_shim
#define CMPI_SHIM_NAME "cmpi_shim"

#endif
