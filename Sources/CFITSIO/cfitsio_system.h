// cfitsio under the names of its manual, which are macros that Swift cannot see. Each function returns the library's
// status.
#ifndef CFITSIO_SYSTEM_H
#define CFITSIO_SYSTEM_H

#include <fitsio.h>
#include <stddef.h>

// fits_open_memfile: a file whose bytes are at `*bytes`, for reading. The name is a constant, so that nothing of
// cfitsio's extended file names (filters, pipes, network addresses) can be reached from outside.
static inline int cfitsio_open_memory(fitsfile **file, void **bytes, size_t *count) {
    int status = 0;
    return ffomem(file, "stamps", READONLY, bytes, count, 0, NULL, &status);
}

// fits_close_file: leaves the bytes alone.
static inline int cfitsio_close(fitsfile *file) {
    int status = 0;
    return ffclos(file, &status);
}

// fits_movabs_hdu: `number` counts from 1; END_OF_FILE behind the last.
static inline int cfitsio_move(fitsfile *file, int number, int *type) {
    int status = 0;
    return ffmahd(file, number, type, &status);
}

// fits_get_img_paramll: BITPIX, NAXIS and the first `most` of NAXISn, also of a compressed image.
static inline int cfitsio_image_parameters(fitsfile *file, int most, int *bits, int *axes, long long *lengths) {
    int status = 0;
    return ffgiprll(file, most, bits, axes, lengths, &status);
}

// Pixels that are integers in their tiles and floating-point numbers in the image, with nothing said about how one
// becomes the other, are equal (scale 1, zero 0). cfitsio would take the integers' bits for those of the numbers.
static inline void cfitsio_scale_plain_integers(fitsfile *file) {
    FITSfile *image = file->Fptr;
    if (image->compress_type == GZIP_1 || image->compress_type == GZIP_2 || image->zbitpix > 0 || image->cn_zscale != 0)
        return;
    image->cn_zscale = image->cn_zzero = -1;
    image->zscale = 1;
    image->zzero = 0;
    // Else it would not look at the scale.
    image->quantize_level = 0;
}

// fits_read_img: the first `count` pixels of an image as they are stored (BSCALE and BZERO not applied), in this
// machine's byte order. `undefined` takes the place of undefined pixels; NULL leaves them.
static inline int cfitsio_read_stored_pixels(fitsfile *file, int type, long long count, void *undefined, void *pixels) {
    int status = 0, any = 0;
    if (file->Fptr->compressimg) cfitsio_scale_plain_integers(file);
    ffpscl(file, 1, 0, &status);
    return ffgpv(file, type, 1, count, undefined, pixels, &any, &status);
}

// fits_get_errstatus: what a status means; what the library remembers about it is dropped.
static inline void cfitsio_describe(int status, char text[FLEN_STATUS]) {
    ffgerr(status, text);
    ffcmsg();
}

#endif
