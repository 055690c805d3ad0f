// The same operations for any implementation of MPI, by its own mpi.h: launch/build.sh compiles this file with the
// site's mpicc to a shared library beside the program, which prefers it to what it has built in. No part of the
// package.
#define _GNU_SOURCE
#include "../functions.h"

#include <mpi.h>

#include "operations.h"

extern const cmpi_functions CMPI_SHIM;
const cmpi_functions CMPI_SHIM = CMPI_TABLE;
