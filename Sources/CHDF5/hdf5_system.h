// HDF5, and in terms that Swift can import what hdf5.h hides behind macros: the numbers of types and property list
// classes, which the library makes when it starts, and functions whose names carry a version.
#ifndef HDF5_SYSTEM_H
#define HDF5_SYSTEM_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline hid_t hdf5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t hdf5_little_endian_float(void) { return H5T_IEEE_F32LE; }
static inline hid_t hdf5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t hdf5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t hdf5_native_uint64(void) { return H5T_NATIVE_UINT64; }

static inline hid_t hdf5_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t hdf5_group_creation_class(void) { return H5P_GROUP_CREATE; }
static inline hid_t hdf5_dataset_creation_class(void) { return H5P_DATASET_CREATE; }

static inline hid_t hdf5_create_in_memory(const char *name, hid_t access) {
    return H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
}

static inline hid_t hdf5_open_for_reading(const char *name, hid_t access) {
    return H5Fopen(name, H5F_ACC_RDONLY, access);
}

// What the library asks for memory to keep a file image in gets the image's own address, where nothing is to be copied.
static inline void *hdf5_shared_image_address(size_t size, H5FD_file_image_op_t operation, void *image) {
    (void)size, (void)operation;
    return image;
}
static inline void *hdf5_shared_image_copy(void *target, const void *source, size_t size,
                                           H5FD_file_image_op_t operation, void *image) {
    (void)source, (void)size, (void)operation, (void)image;
    return target;
}
static inline void *hdf5_shared_image_resize(void *block, size_t size, H5FD_file_image_op_t operation, void *image) {
    (void)block, (void)size, (void)operation, (void)image;
    return NULL;
}
static inline herr_t hdf5_shared_image_free(void *block, H5FD_file_image_op_t operation, void *image) {
    (void)block, (void)operation, (void)image;
    return 0;
}
static inline void *hdf5_shared_image_keep(void *image) { return image; }
static inline herr_t hdf5_shared_image_leave(void *image) {
    (void)image;
    return 0;
}

// Lets files be opened in these bytes, which are read where they lie.
static inline herr_t hdf5_set_shared_image(hid_t access, const void *image, size_t count) {
    H5FD_file_image_callbacks_t callbacks = {hdf5_shared_image_address,
                                             hdf5_shared_image_copy,
                                             hdf5_shared_image_resize,
                                             hdf5_shared_image_free,
                                             hdf5_shared_image_keep,
                                             hdf5_shared_image_leave,
                                             (void *)image};
    if (H5Pset_file_image_callbacks(access, &callbacks) < 0) return -1;
    return H5Pset_file_image(access, (void *)image, count);
}

// The number of a filter of a dataset's chunks.
static inline H5Z_filter_t hdf5_filter(hid_t properties, unsigned place) {
    unsigned flags = 0;
    size_t count = 0;
    return H5Pget_filter2(properties, place, &flags, &count, NULL, 0, NULL, NULL);
}

// A number that an object has under all of its names, in its file; 0 if it cannot be told.
static inline uint64_t hdf5_object_number(hid_t object) {
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t info;
    uint64_t number = 0;
    if (H5Oget_info3(object, &info, H5O_INFO_BASIC) < 0) return 0;
    memcpy(&number, &info.token, sizeof number);
    return number;
#else
    H5O_info_t info;
    return H5Oget_info(object, &info) < 0 ? 0 : (uint64_t)info.addr;
#endif
}

// Whether `name` stands in the group as an object of this file, not as a soft or external link to one elsewhere.
static inline bool hdf5_is_hard_link(hid_t group, const char *name) {
    H5L_info_t info;
    return H5Lexists(group, name, H5P_DEFAULT) > 0 && H5Lget_info(group, name, &info, H5P_DEFAULT) >= 0
           && info.type == H5L_TYPE_HARD;
}

#endif
