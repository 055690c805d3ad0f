// HDF5, and in terms that Swift can import what hdf5.h hides behind macros: the numbers of types and property list
// classes, which the library makes when it starts, and functions whose names carry a version.
#ifndef HDF5_SYSTEM_H
#define HDF5_SYSTEM_H

#include <hdf5.h>
#include <stdbool.h>

static inline hid_t hdf5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t hdf5_little_endian_float(void) { return H5T_IEEE_F32LE; }

static inline hid_t hdf5_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t hdf5_group_creation_class(void) { return H5P_GROUP_CREATE; }
static inline hid_t hdf5_dataset_creation_class(void) { return H5P_DATASET_CREATE; }

static inline hid_t hdf5_create_in_memory(const char *name, hid_t access) {
    return H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
}

static inline hid_t hdf5_open_for_reading(const char *name, hid_t access) {
    return H5Fopen(name, H5F_ACC_RDONLY, access);
}

// Whether `name` stands in the group as an object of this file, not as a soft or external link to one elsewhere.
static inline bool hdf5_is_hard_link(hid_t group, const char *name) {
    H5L_info_t info;
    return H5Lexists(group, name, H5P_DEFAULT) > 0 && H5Lget_info(group, name, &info, H5P_DEFAULT) >= 0 &&
           info.type == H5L_TYPE_HARD;
}

#endif
