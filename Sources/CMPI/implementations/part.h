// The ranks at work: all, or between cmpi_enter_part and cmpi_leave_part a part of them. Part of operations.h.
#ifndef PART_H
#define PART_H

#include <stdbool.h>

static bool is_in_part = false;
static MPI_Comm part;

// What collective communication, and how a rank waits for others, is about: MPI_COMM_WORLD, or the part's communicator.
static MPI_Comm ranks_at_work(void) { return is_in_part ? part : MPI_COMM_WORLD; }

#endif
