// What is so from the program's very start, before Swift runs. There is nothing to call: the linker puts it in.
#ifndef PROGRAM_START_H
#define PROGRAM_START_H

#endif
