// Prints every value of MPI's binary interface that Sources/CMPI/implementations writes down: as it is there, if
// IMPLEMENTATION names one of its files and OPEN its function, else as mpi.h has it. run.sh compares the two.
#ifdef IMPLEMENTATION
#include IMPLEMENTATION
#else
#define _GNU_SOURCE
#include <mpi.h>
#endif

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// A handle is a number, or the address of a symbol of the library.
static void print_handle(const char *name, const void *value, size_t size) {
    uintptr_t number = 0;
    memcpy(&number, value, size);
    Dl_info place;
    if (size == sizeof(void *) && dladdr((void *)number, &place) && place.dli_sname)
        printf("%s %s\n", name, place.dli_sname);
    else printf("%s %zu %#lx\n", name, size, (unsigned long)number);
}

#define HANDLE(type, name) \
    { \
        const type value = name; \
        print_handle(#name, &value, sizeof value); \
    }
#define NUMBER(name) printf("%s %ld\n", #name, (long)(name));

int main(void) {
#ifdef IMPLEMENTATION
    const char *missing = "";
    if (!OPEN(dlopen(NULL, RTLD_NOW), &missing)) {
        fprintf(stderr, "no %s\n", missing);
        return 1;
    }
#endif
    HANDLE(MPI_Comm, MPI_COMM_WORLD)
    HANDLE(MPI_Datatype, MPI_BYTE)
    HANDLE(MPI_Datatype, MPI_FLOAT)
    HANDLE(MPI_Datatype, MPI_DOUBLE)
    HANDLE(MPI_Datatype, MPI_INT64_T)
    HANDLE(MPI_Datatype, MPI_UINT16_T)
    HANDLE(MPI_Op, MPI_MAX)
    HANDLE(MPI_Errhandler, MPI_ERRORS_RETURN)
    NUMBER(MPI_SUCCESS)
    NUMBER(MPI_ERR_NO_MEM)
    NUMBER(MPI_ANY_SOURCE)
    NUMBER(MPI_THREAD_SINGLE)
    NUMBER(MPI_THREAD_FUNNELED)
    NUMBER(MPI_MAX_ERROR_STRING)
    NUMBER(MPI_IN_PLACE)
    NUMBER((intptr_t)MPI_STATUS_IGNORE)
    NUMBER(sizeof(MPI_Request))
    NUMBER(sizeof(MPI_Status))
    NUMBER(offsetof(MPI_Status, MPI_SOURCE))
    NUMBER(offsetof(MPI_Status, MPI_TAG))
    NUMBER(offsetof(MPI_Status, MPI_ERROR))
    // A later version may have longer texts: there must be room.
    return MPI_MAX_LIBRARY_VERSION_STRING < 256;
}
