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

/* Averaging keypoints: candidates whose boxes overlap by more than N6_SAME_PERSON, or the NMS IoU threshold where that is
 * higher, and that have at least N6_SAME_SHARE of the better one's confidence, stand for the same person. */
#define N6_SAME_PERSON 0.75f
#define N6_SAME_SHARE 0.5f

/* Whether a candidate stands for the same person as a better one, if it is of the same class. `person` is a row of people. */
bool n6_same_person(const float *person, const float *box, float confidence, float iou);

/* Add a keypoint (x, y, visibility) to that of a person, so often. */
void n6_add_keypoint(float *sum, const float *point, float weight);

/* Divide the keypoints of each of `people` by the `confidence` of the candidate in its place, where weights were counted. */
void n6_divide_keypoints(float *people, uint32_t count, uint32_t keypoints, const n6_candidate *kept);

#ifdef __cplusplus
}
#endif
#endif
