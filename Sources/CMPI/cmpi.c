#include "cmpi.h"
#include <mpi.h>
int cmpi_placeholder(void) { return MPI_SUCCESS; }
