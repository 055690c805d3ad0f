// MPI's functions as pointers under their own names, for libraries that are opened at run time. An implementation
// defines MPI's types first and includes this file, operations.h, and what it needs to look up its constants.
#ifndef LOOKED_UP_H
#define LOOKED_UP_H

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

// The prototypes of the MPI standard; Tests/MPIInterfaces/run.sh compares them with mpi.h.
#define EACH_MPI_FUNCTION(F) \
    F(Abort, (MPI_Comm, int)) \
    F(Comm_dup, (MPI_Comm, MPI_Comm *)) \
    F(Comm_free, (MPI_Comm *)) \
    F(Comm_rank, (MPI_Comm, int *)) \
    F(Comm_set_errhandler, (MPI_Comm, MPI_Errhandler)) \
    F(Comm_size, (MPI_Comm, int *)) \
    F(Comm_split, (MPI_Comm, int, int, MPI_Comm *)) \
    F(Error_string, (int, char *, int *)) \
    F(Finalize, (void)) \
    F(Finalized, (int *)) \
    F(Get_library_version, (char *, int *)) \
    F(Iallgather, (const void *, int, MPI_Datatype, void *, int, MPI_Datatype, MPI_Comm, MPI_Request *)) \
    F(Iallgatherv, \
      (const void *, int, MPI_Datatype, void *, const int *, const int *, MPI_Datatype, MPI_Comm, MPI_Request *)) \
    F(Iallreduce, (const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm, MPI_Request *)) \
    F(Ialltoallv, (const void *, const int *, const int *, MPI_Datatype, void *, const int *, const int *, \
                   MPI_Datatype, MPI_Comm, MPI_Request *)) \
    F(Ibarrier, (MPI_Comm, MPI_Request *)) \
    F(Ibcast, (void *, int, MPI_Datatype, int, MPI_Comm, MPI_Request *)) \
    F(Igatherv, \
      (const void *, int, MPI_Datatype, void *, const int *, const int *, MPI_Datatype, int, MPI_Comm, MPI_Request *)) \
    F(Init_thread, (int *, char ***, int, int *)) \
    F(Iprobe, (int, int, MPI_Comm, int *, MPI_Status *)) \
    F(Is_thread_main, (int *)) \
    F(Isend, (const void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request *)) \
    F(Recv, (void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Status *)) \
    F(Request_free, (MPI_Request *)) \
    F(Test, (MPI_Request *, int *, MPI_Status *)) \
    F(Wait, (MPI_Request *, MPI_Status *))

#define DECLARE_POINTER(name, parameters) static int(*MPI_##name) parameters;
EACH_MPI_FUNCTION(DECLARE_POINTER)

// Sets `pointer` to a symbol of the library; whether there is one, else its name is left in `missing`.
static bool look_up(void *library, const char *name, void *pointer, const char **missing) {
    void *const symbol = dlsym(library, name);
    if (!symbol) *missing = name;
    memcpy(pointer, &symbol, sizeof symbol);
    return symbol;
}

// Looks up all functions.
static bool look_up_functions(void *library, const char **missing) {
#define LOOK_UP(name, parameters) \
    if (!look_up(library, "MPI_" #name, &MPI_##name, missing)) return false;
    EACH_MPI_FUNCTION(LOOK_UP)
    return true;
}

#endif
