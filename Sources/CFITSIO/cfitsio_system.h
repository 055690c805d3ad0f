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

// fits_get_hduaddrll: where the header starts, the data start, and the HDU ends.
static inline int cfitsio_addresses(fitsfile *file, long long *header, long long *data, long long *end) {
    int status = 0;
    LONGLONG start = 0, middle = 0, finish = 0;
    ffghadll(file, &start, &middle, &finish, &status);
    *header = start;
    *data = middle;
    *end = finish;
    return status;
}

// fits_is_compressed_image: whether a table holds an image in compressed tiles.
static inline int cfitsio_is_compressed_image(fitsfile *file) {
    int status = 0;
    return fits_is_compressed_image(file, &status);
}

// fits_get_img_paramll: BITPIX, NAXIS and the first `most` of NAXISn, also of a compressed image.
static inline int cfitsio_image_parameters(fitsfile *file, int most, int *bits, int *axes, long long *lengths) {
    int status = 0;
    return ffgiprll(file, most, bits, axes, lengths, &status);
}

// fits_get_hdrspace: the number of records before END.
static inline int cfitsio_record_count(fitsfile *file, int *count) {
    int status = 0;
    return ffghsp(file, count, NULL, &status);
}

// fits_read_record: record `number`, from 1.
static inline int cfitsio_read_record(fitsfile *file, int number, char card[FLEN_CARD]) {
    int status = 0;
    return ffgrec(file, number, card, &status);
}

// fits_parse_value: the value of a record as it stands there. Those functions that convert numbers trip over long
// values.
static inline int cfitsio_value(const char card[FLEN_CARD], char value[FLEN_VALUE]) {
    int status = 0;
    return ffpsvc((char *)card, value, NULL, &status);
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

// fits_read_key of a string, at most 70 characters.
static inline int cfitsio_read_string(fitsfile *file, const char *key, char value[FLEN_VALUE]) {
    int status = 0;
    ffmaky(file, 1, &status);
    return ffgkys(file, key, value, NULL, &status);
}

// The same of the next key of that name; the first one again if there is only one.
static inline int cfitsio_read_next_string(fitsfile *file, const char *key, char value[FLEN_VALUE]) {
    int status = 0;
    return ffgkys(file, key, value, NULL, &status);
}

// fits_get_colnum: whether a table has a column.
static inline int cfitsio_has_column(fitsfile *file, const char *name) {
    int status = 0, column = 0;
    const int found = ffgcno(file, CASEINSEN, (char *)name, &column, &status) == 0;
    ffcmsg();
    return found;
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
