/* SPDX-License-Identifier: MIT
 *
 * Choosing among candidates, for n6_decode.c and n6_split.c: the best ones, best first, and which boxes stay.
 */
#ifndef N6_CHOOSE_H
#define N6_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "n6_decode.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is collected while the confidences are looked at. Once the room is full, it is a heap with the worst on top. */
typedef struct {
    n6_candidate *entries;
    uint32_t count, capacity, dropped;
} n6_pool;

/* Take a candidate, or drop the worst. */
void n6_collect(n6_pool *found, float confidence, uint32_t index);

/* Sort: the best first; of two with the same confidence, the one with the lower index. */
void n6_sort(n6_pool *found);

/* Whether a box (left, top, right, bottom) stays beside a better one. Comparisons with what is not a number are false, so it
 * goes then. */
bool n6_stays(const float *better, const float *box, float iou);

#ifdef __cplusplus
}
#endif
#endif
