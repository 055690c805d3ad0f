// How this rank waits for the others: for ever, or as long as cmpi_watch allows.
#ifndef WAITING_H
#define WAITING_H

#include <mpi.h>

// MPI_Wait, or CMPI_STALLED when the operation does not end in time: it then goes on, and its buffers must stay until
// the process ends or no MPI function but MPI_Abort is called any more.
int cmpi_complete(MPI_Request *request);
void cmpi_stop_watching(void);

#endif
