// How a rank waits for the others: without limit, or for as long as cmpi_watch allows.
#ifndef WAITING_H
#define WAITING_H

#include <mpi.h>

// MPI_Wait with a timeout: CMPI_STALLED if the operation does not complete within the limit. It is then still pending:
// its buffers must stay valid, and no MPI function but MPI_Abort may be called.
int cmpi_complete(MPI_Request *request);

// Ends what cmpi_watch has begun; no limit from here on.
void cmpi_stop_watching(void);

#endif
