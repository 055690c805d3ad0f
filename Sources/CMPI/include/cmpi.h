#ifndef CMPI_H
#define CMPI_H
int cmpi_placeholder(void);
#endif
