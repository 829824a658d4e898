/* What the harness's files share; see harness.c. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *at;
    size_t left;
} reader;

typedef struct {
    size_t length;
    uint32_t instructions;
} writer;

uint32_t get_u32(reader *r);
float get_f32(reader *r);
void put_bytes(writer *w, const void *data, size_t length);
void put_u32(writer *w, uint32_t value);
void counting(void);
void counted_so_far(writer *w);

/* A kind of case of its own; in split.c. */
void run_split(reader *r, writer *w);

/* By the machine: board.c on the target, host.c elsewhere. */
void start_counting(void);
uint32_t ticks(void);

#endif
