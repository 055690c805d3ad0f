// MPICH and its family, whose binary interface is agreed upon (https://www.mpich.org/abi/, 2013): MPICH from 3.1, Intel
// MPI, Cray MPICH, MVAPICH. Handles are integers that are part of it, as all other values here;
// Tests/MPIInterfaces/run.sh compares them with mpi.h.
#define _GNU_SOURCE
#include "../functions.h"

typedef int MPI_Comm;
typedef int MPI_Datatype;
typedef int MPI_Errhandler;
typedef int MPI_Op;
typedef int MPI_Request;

typedef struct {
    int count_low, count_high_and_cancelled;
    int MPI_SOURCE, MPI_TAG, MPI_ERROR;
} MPI_Status;

enum {
    MPI_SUCCESS = 0,
    MPI_ERR_NO_MEM = 34,
    MPI_ANY_SOURCE = -2,
    MPI_THREAD_SINGLE = 0,
    MPI_THREAD_FUNNELED = 1,
    MPI_MAX_ERROR_STRING = 512,
    MPI_MAX_LIBRARY_VERSION_STRING = 8192,
    MPI_COMM_WORLD = 0x44000000,
    MPI_BYTE = 0x4c00010d,
    MPI_FLOAT = 0x4c00040a,
    MPI_DOUBLE = 0x4c00080b,
    MPI_INT64_T = 0x4c00083a,
    MPI_UINT16_T = 0x4c00023c,
    MPI_MAX = 0x58000001,
    MPI_ERRORS_RETURN = 0x54000001,
};
#define MPI_IN_PLACE ((void *)-1)
#define MPI_STATUS_IGNORE ((MPI_Status *)1)

#include "looked_up.h"
#include "operations.h"

static const cmpi_functions functions = CMPI_TABLE;

const cmpi_functions *cmpi_mpich(void *library, const char **missing) {
    return look_up_functions(library, missing) ? &functions : NULL;
}
