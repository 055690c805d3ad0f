// Open MPI 3 to 5, whose binary interface is that of libmpi.so.40: handles are the addresses of the library's symbols,
// all other values here are part of it; Tests/MPIInterfaces/run.sh compares them with mpi.h.
#define _GNU_SOURCE
#include "../functions.h"

typedef struct ompi_communicator_t *MPI_Comm;
typedef struct ompi_datatype_t *MPI_Datatype;
typedef struct ompi_errhandler_t *MPI_Errhandler;
typedef struct ompi_op_t *MPI_Op;
typedef struct ompi_request_t *MPI_Request;

typedef struct {
    int MPI_SOURCE, MPI_TAG, MPI_ERROR;
    int cancelled;
    size_t bytes;
} MPI_Status;

enum {
    MPI_SUCCESS = 0,
    MPI_ERR_NO_MEM = 39,
    MPI_ANY_SOURCE = -1,
    MPI_THREAD_SINGLE = 0,
    MPI_THREAD_FUNNELED = 1,
    MPI_MAX_ERROR_STRING = 256,
    MPI_MAX_LIBRARY_VERSION_STRING = 256,
};
#define MPI_IN_PLACE ((void *)1)
#define MPI_STATUS_IGNORE ((MPI_Status *)0)

#define EACH_HANDLE(H) \
    H(MPI_Comm, MPI_COMM_WORLD, "ompi_mpi_comm_world") \
    H(MPI_Datatype, MPI_BYTE, "ompi_mpi_byte") \
    H(MPI_Datatype, MPI_FLOAT, "ompi_mpi_float") \
    H(MPI_Datatype, MPI_DOUBLE, "ompi_mpi_double") \
    H(MPI_Datatype, MPI_INT64_T, "ompi_mpi_int64_t") \
    H(MPI_Datatype, MPI_UINT16_T, "ompi_mpi_uint16_t") \
    H(MPI_Op, MPI_MAX, "ompi_mpi_op_max") \
    H(MPI_Errhandler, MPI_ERRORS_RETURN, "ompi_mpi_errors_return")

#define DECLARE_HANDLE(type, name, symbol) static type name;
EACH_HANDLE(DECLARE_HANDLE)

#include "looked_up.h"
#include "operations.h"

static const cmpi_functions functions = CMPI_TABLE;

const cmpi_functions *cmpi_open_mpi(void *library, const char **missing) {
#define LOOK_UP_HANDLE(type, name, symbol) \
    if (!look_up(library, symbol, &name, missing)) return NULL;
    EACH_HANDLE(LOOK_UP_HANDLE)
    return look_up_functions(library, missing) ? &functions : NULL;
}
