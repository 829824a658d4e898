/* SPDX-License-Identifier: MIT
 *
 * See n6_choose.h.
 */
#include "n6_choose.h"

#include <math.h>

#define SMALLEST_UNION 1e-9f /* two boxes without an area overlap by nothing */

static bool worse(const n6_candidate *a, const n6_candidate *b)
{
    return a->confidence < b->confidence || (a->confidence == b->confidence && a->index > b->index);
}

static void sift_down(n6_candidate *heap, uint32_t count, uint32_t at)
{
    n6_candidate moving = heap[at];
    uint32_t child = 2u * at + 1u;
    while (child < count) {
        if (child + 1u < count && worse(&heap[child + 1u], &heap[child])) {
            child++;
        }
        if (!worse(&heap[child], &moving)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
        child = 2u * at + 1u;
    }
    heap[at] = moving;
}

static void make_heap(n6_pool *found)
{
    uint32_t at;
    for (at = found->count / 2u; at > 0u; at--) {
        sift_down(found->entries, found->count, at - 1u);
    }
}

void n6_collect(n6_pool *found, float confidence, uint32_t index)
{
    n6_candidate one = {confidence, index};
    if (found->count < found->capacity) {
        found->entries[found->count] = one;
        found->count++;
        if (found->count == found->capacity) {
            make_heap(found);
        }
        return;
    }
    found->dropped++;
    if (worse(&found->entries[0], &one)) {
        found->entries[0] = one;
        sift_down(found->entries, found->count, 0);
    }
}

void n6_sort(n6_pool *found)
{
    uint32_t rest;
    make_heap(found);
    for (rest = found->count; rest > 1u; rest--) {
        n6_candidate worst = found->entries[0];
        found->entries[0] = found->entries[rest - 1u];
        found->entries[rest - 1u] = worst;
        sift_down(found->entries, rest - 1u, 0);
    }
}

/* Of two numbers the larger or smaller one; not a number where one of them is none. */
static float larger(float a, float b)
{
    return a > b || isnan(a) ? a : b;
}

static float smaller(float a, float b)
{
    return a < b || isnan(a) ? a : b;
}

static float area(const float *box)
{
    return (box[2] - box[0]) * (box[3] - box[1]);
}

/* What two boxes share; `together` is what they cover both. */
static inline float shared_area(const float *better, const float *box, float *together)
{
    float across = larger(smaller(better[2], box[2]) - larger(better[0], box[0]), 0.0f);
    float down = larger(smaller(better[3], box[3]) - larger(better[1], box[1]), 0.0f);
    float shared = across * down;
    *together = larger(area(better) + area(box) - shared, SMALLEST_UNION);
    return shared;
}

bool n6_stays(const float *better, const float *box, float iou)
{
    float together, shared = shared_area(better, box, &together);
    return shared <= iou * together;
}

bool n6_same_person(const float *person, const float *box, float confidence, float iou)
{
    float together, shared = shared_area(person, box, &together);
    return confidence >= N6_SAME_SHARE * person[4] && shared > larger(iou, N6_SAME_PERSON) * together;
}

void n6_add_keypoint(float *sum, const float *point, float weight)
{
    sum[0] += weight * point[0];
    sum[1] += weight * point[1];
    sum[2] += weight * point[2];
}

void n6_divide_keypoints(float *people, uint32_t count, uint32_t keypoints, const n6_candidate *kept)
{
    uint32_t i, k;
    for (i = 0; i < count; i++, people += N6_PERSON_FLOATS(keypoints)) {
        for (k = 0; k < 3u * keypoints; k++) {
            people[5u + k] /= kept[i].confidence;
        }
    }
}
