/* SPDX-License-Identifier: MIT
 *
 * See n6_decode.h.
 */
#include "n6_decode.h"

#include <math.h>

#include "n6_choose.h"

uint32_t n6_channels(const n6_output *output)
{
    uint32_t before = output->end_to_end ? 6u : 4u + output->classes;
    return before + (uint32_t)output->keypoints * output->dims;
}

void n6_channels_first(n6_output *output)
{
    output->candidate_stride = 1;
    output->channel_stride = output->candidates;
}

void n6_candidates_first(n6_output *output)
{
    output->candidate_stride = n6_channels(output);
    output->channel_stride = 1;
}

bool n6_output_valid(const n6_output *output)
{
    bool readable = output->type == N6_FLOAT32 ||
                    ((output->type == N6_INT8 || output->type == N6_UINT8) && output->scale > 0.0f);
    return readable && output->classes >= 1u && output->classes <= N6_MOST_CLASSES && output->keypoints >= 1u &&
           output->keypoints <= N6_MOST_KEYPOINTS && (output->dims == 2u || output->dims == 3u) && output->width > 0u &&
           output->height > 0u;
}

static float dequantized(const n6_output *output, int32_t stored)
{
    return (float)(stored - output->zero) * output->scale;
}

static int32_t stored_at(const n6_output *output, const void *data, size_t at)
{
    return output->type == N6_INT8 ? (int32_t)((const int8_t *)data)[at] : (int32_t)((const uint8_t *)data)[at];
}

static float value_at(const n6_output *output, const void *data, size_t at)
{
    return output->type == N6_FLOAT32 ? ((const float *)data)[at] : dequantized(output, stored_at(output, data, at));
}

/* --- looking at the confidences --- */

/* Collect from the confidences of one class; return the highest finite one. Nearly all of them are below both the threshold
 * and the highest one so far, and cost one comparison. */
static float scan_one_class(const n6_output *output, const float *score, float threshold, n6_pool *found)
{
    float top = -INFINITY, lower = -INFINITY; /* the lower one of top and threshold */
    uint32_t i;
    for (i = 0; i < output->candidates; i++, score += output->candidate_stride) {
        if (*score > lower) {
            if (*score > top && *score < INFINITY) {
                top = *score;
                lower = top < threshold ? top : threshold;
            }
            if (*score > threshold) {
                n6_collect(found, *score, i);
            }
        }
    }
    return top;
}

static float scan_classes(const n6_output *output, const float *row, uint32_t classes, float threshold, n6_pool *found)
{
    float top = -INFINITY;
    uint32_t i, c;
    for (i = 0; i < output->candidates; i++, row += output->candidate_stride) {
        float best = -INFINITY;
        for (c = 0; c < classes; c++) {
            float score = row[(size_t)c * output->channel_stride];
            if (score > top && score < INFINITY) {
                top = score;
            }
            if (score > best || isnan(score)) { /* one that is not a number spoils the candidate */
                best = score;
            }
        }
        if (best > threshold) {
            n6_collect(found, best, i);
        }
    }
    return top;
}

/* Collect from floats; return the highest finite confidence. */
static float scan_floats(const n6_output *output, const void *data, uint32_t classes, float threshold, n6_pool *found)
{
    const float *scores = (const float *)data + 4u * (size_t)output->channel_stride;
    float top = classes == 1u ? scan_one_class(output, scores, threshold, found)
                              : scan_classes(output, scores, classes, threshold, found);
    return top > -INFINITY ? top : 0.0f;
}

/* Return the least stored value whose meaning is above the threshold; 256 where none is. */
static int32_t first_above(const n6_output *output, float threshold)
{
    int32_t stored = output->type == N6_INT8 ? -128 : 0;
    int32_t most = output->type == N6_INT8 ? 127 : 255;
    while (stored <= most && !(dequantized(output, stored) > threshold)) {
        stored++;
    }
    return stored <= most ? stored : 256;
}

/* Collect from integers, comparing them as they are stored; return the highest confidence. */
static float scan_bytes(const n6_output *output, const void *data, uint32_t classes, float threshold, n6_pool *found)
{
    int32_t limit = first_above(output, threshold), top = -256;
    size_t at = 4u * (size_t)output->channel_stride;
    uint32_t i, c;
    for (i = 0; i < output->candidates; i++, at += output->candidate_stride) {
        int32_t best = stored_at(output, data, at);
        for (c = 1; c < classes; c++) {
            int32_t score = stored_at(output, data, at + (size_t)c * output->channel_stride);
            best = score > best ? score : best;
        }
        top = best > top ? best : top;
        if (best >= limit) {
            n6_collect(found, dequantized(output, best), i);
        }
    }
    return output->candidates > 0u ? dequantized(output, top) : 0.0f;
}

/* The class with the highest confidence; of several the first one. */
static uint32_t class_of(const n6_output *output, const void *data, uint32_t index)
{
    size_t at = (size_t)index * output->candidate_stride + 4u * (size_t)output->channel_stride;
    float best = value_at(output, data, at);
    uint32_t c, found = 0;
    for (c = 1; c < output->classes; c++) {
        float score = value_at(output, data, at + (size_t)c * output->channel_stride);
        if (score > best) {
            best = score;
            found = c;
        }
    }
    return found;
}

/* Whether a candidate stays beside those that were `kept`, whose boxes are in `people`: only its own class suppresses it. */
static bool survives(const n6_output *output, const void *data, const n6_candidate *kept, const float *people,
                     uint32_t count, const n6_candidate *one, const float *box, float iou)
{
    uint32_t i;
    for (i = 0; i < count; i++, people += N6_PERSON_FLOATS(output->keypoints)) {
        if (!n6_stays(people, box, iou) && (output->classes == 1u || class_of(output, data, kept[i].index) ==
                                                                      class_of(output, data, one->index))) {
            return false;
        }
    }
    return true;
}

/* --- people --- */

/* The unit of coordinates, in pixels of the input. */
static float unit_of(const n6_output *output, uint16_t side)
{
    return output->normalised ? (float)side : 1.0f;
}

static void read_box(const n6_output *output, const void *data, size_t at, float *box)
{
    float unit_x = unit_of(output, output->width), unit_y = unit_of(output, output->height);
    size_t step = output->channel_stride;
    float first_x = value_at(output, data, at) * unit_x;
    float first_y = value_at(output, data, at + step) * unit_y;
    float second_x = value_at(output, data, at + 2u * step) * unit_x;
    float second_y = value_at(output, data, at + 3u * step) * unit_y;
    if (output->end_to_end) {
        box[0] = first_x;
        box[1] = first_y;
        box[2] = second_x;
        box[3] = second_y;
    } else { /* centre and size */
        float half_x = second_x / 2.0f, half_y = second_y / 2.0f;
        box[0] = first_x - half_x;
        box[1] = first_y - half_y;
        box[2] = first_x + half_x;
        box[3] = first_y + half_y;
    }
}

/* Where a candidate's first keypoint is. */
static size_t first_keypoint(const n6_output *output, uint32_t index)
{
    size_t before = output->end_to_end ? 6u : 4u + (size_t)output->classes;
    return (size_t)index * output->candidate_stride + before * output->channel_stride;
}

static void read_keypoints(const n6_output *output, const void *data, size_t at, uint32_t count, float *points)
{
    float unit_x = unit_of(output, output->width), unit_y = unit_of(output, output->height);
    size_t step = output->channel_stride;
    uint32_t k;
    for (k = 0; k < count; k++, points += 3, at += output->dims * step) {
        points[0] = value_at(output, data, at) * unit_x;
        points[1] = value_at(output, data, at + step) * unit_y;
        points[2] = output->dims == 3u ? value_at(output, data, at + 2u * step) : 1.0f;
    }
}

/* Add the keypoints of a candidate that was suppressed to those of everybody for whom it stands. Of those who were `kept`,
 * `confidence` counts by what their keypoints are to be divided. */
static void add_keypoints(const n6_output *output, const void *data, n6_candidate *kept, float *people, uint32_t count,
                          const n6_candidate *one, const float *box, float iou)
{
    uint32_t i, k;
    for (i = 0; i < count; i++, people += N6_PERSON_FLOATS(output->keypoints)) {
        size_t at = first_keypoint(output, one->index);
        float weight = one->confidence / people[4], point[3];
        if (!n6_same_person(people, box, one->confidence, iou) ||
            (output->classes > 1u &&
             class_of(output, data, kept[i].index) != class_of(output, data, one->index))) {
            continue;
        }
        for (k = 0; k < output->keypoints; k++, at += output->dims * output->channel_stride) {
            read_keypoints(output, data, at, 1, point);
            n6_add_keypoint(people + 5u + 3u * k, point, weight);
        }
        kept[i].confidence += weight;
    }
}

n6_found n6_decode(const n6_output *output, const void *data, const n6_thresholds *thresholds, n6_candidate *candidates,
                   uint32_t capacity, float *people)
{
    n6_found result = {0, 0, 0.0f};
    n6_pool found = {candidates, 0, capacity, 0};
    bool average = thresholds->average && !output->end_to_end;
    uint32_t classes, i;
    size_t width = N6_PERSON_FLOATS(output->keypoints);
    if (!n6_output_valid(output) || capacity == 0u) {
        return result;
    }
    classes = output->end_to_end ? 1u : output->classes;
    if (output->type == N6_FLOAT32) {
        result.top_score = scan_floats(output, data, classes, thresholds->confidence, &found);
    } else {
        result.top_score = scan_bytes(output, data, classes, thresholds->confidence, &found);
    }
    result.dropped = found.dropped;
    n6_sort(&found);
    for (i = 0; i < found.count && (average || result.count < thresholds->max_detections); i++) {
        bool room = result.count < thresholds->max_detections;
        n6_candidate one = candidates[i];
        float beside[4], *person = room ? people + result.count * width : beside;
        read_box(output, data, (size_t)one.index * output->candidate_stride, person);
        if (!output->end_to_end &&
            !survives(output, data, candidates, people, result.count, &one, person, thresholds->iou)) {
            if (average) {
                add_keypoints(output, data, candidates, people, result.count, &one, person, thresholds->iou);
            }
        } else if (room) {
            person[4] = one.confidence;
            read_keypoints(output, data, first_keypoint(output, one.index), output->keypoints, person + 5);
            candidates[result.count].index = one.index; /* those that are kept stand in front */
            candidates[result.count].confidence = 1.0f;
            result.count++;
        }
    }
    if (average) {
        n6_divide_keypoints(people, result.count, output->keypoints, candidates);
    }
    return result;
}

/* --- into the frame --- */

static float clipped(float value)
{
    float least = value > 0.0f || isnan(value) ? value : 0.0f;
    return least < 1.0f || isnan(least) ? least : 1.0f;
}

void n6_to_frame(float *people, uint32_t count, uint32_t keypoints, const n6_view *view)
{
    float width = (float)view->width, height = (float)view->height;
    uint32_t i, k;
    for (i = 0; i < count; i++, people += N6_PERSON_FLOATS(keypoints)) {
        float *points = people + 5;
        for (k = 0; k < 2u; k++) {
            people[2u * k] = clipped(people[2u * k] / width * view->across + view->left);
            people[2u * k + 1u] = clipped(people[2u * k + 1u] / height * view->down + view->top);
        }
        for (k = 0; k < keypoints; k++, points += 3) {
            points[0] = points[0] / width * view->across + view->left;
            points[1] = points[1] / height * view->down + view->top;
        }
    }
}
