/* SPDX-License-Identifier: MIT
 *
 * A queue of pieces of memory between one thread, which puts them in, and one interrupt, which sends them.
 */
#ifndef N6_QUEUE_H
#define N6_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "n6_wire.h"

#ifdef __cplusplus
extern "C" {
#endif

#define N6_QUEUE_PIECES 64u /* a power of two; a frame has N6_MOST_PIECES at most */

/* Begin with zeros. */
typedef struct {
    n6_piece pieces[N6_QUEUE_PIECES];
    volatile uint32_t in, out;
} n6_queue;

/* Put a piece in; returns how many bytes of it, all or none. */
static inline size_t n6_queue_put(n6_queue *queue, const uint8_t *data, size_t length)
{
    uint32_t in = queue->in;
    if (in - queue->out >= N6_QUEUE_PIECES) {
        return 0;
    }
    queue->pieces[in % N6_QUEUE_PIECES].data = data;
    queue->pieces[in % N6_QUEUE_PIECES].length = length;
    queue->in = in + 1u;
    return length;
}

/* Take the oldest piece out; returns whether there was one. */
static inline bool n6_queue_get(n6_queue *queue, n6_piece *piece)
{
    uint32_t out = queue->out;
    if (queue->in == out) {
        return false;
    }
    *piece = queue->pieces[out % N6_QUEUE_PIECES];
    queue->out = out + 1u;
    return true;
}

static inline bool n6_queue_empty(const n6_queue *queue)
{
    return queue->in == queue->out;
}

#ifdef __cplusplus
}
#endif
#endif
