/* SPDX-License-Identifier: MIT
 *
 * See n6_split.h.
 */
#include "n6_split.h"

#include <string.h>

#include "n6_choose.h"

#define CODES 256
#define LOWEST (-128)
#define TERMS 8
#define HALVINGS 10
#define SMALLEST 1e-30 /* what is below counts as nothing, so that no number is denormal */

typedef struct {
    const n6_level *level;
    const n6_split_tables *tables;
    const int8_t *box, *score, *keypoints; /* of the cell */
    uint32_t column, row;
} cell;

static bool usable(const n6_codes *codes)
{
    return codes->scale > 0.0f && codes->scale <= N6_LARGEST_SCALE && codes->zero >= LOWEST && codes->zero < -LOWEST;
}

bool n6_split_valid(const n6_split *split)
{
    bool sound = split->levels >= 1u && split->levels <= N6_MOST_LEVELS && split->classes >= 1u &&
                 split->classes <= N6_MOST_CLASSES && split->keypoints >= 1u &&
                 split->keypoints <= N6_MOST_KEYPOINTS && (split->dims == 2u || split->dims == 3u) &&
                 split->width > 0u && split->height > 0u;
    uint32_t i;
    for (i = 0; sound && i < split->levels; i++) {
        const n6_level *one = &split->level[i];
        sound = one->stride > 0u && usable(&one->box) && usable(&one->score) && usable(&one->keypoints);
    }
    return sound;
}

static uint32_t columns(const n6_split *split, const n6_level *level)
{
    return (uint32_t)split->width / level->stride;
}

static uint32_t cells(const n6_split *split, const n6_level *level)
{
    return columns(split, level) * ((uint32_t)split->height / level->stride);
}

uint32_t n6_split_candidates(const n6_split *split)
{
    uint32_t i, count = 0;
    for (i = 0; n6_split_valid(split) && i < split->levels; i++) {
        count += cells(split, &split->level[i]);
    }
    return count;
}

/* --- tables --- */

/* exp(-scale): a power series of a 1024th, squared ten times. */
static double exp_of_step(float scale)
{
    double x = -(double)scale / (double)(1 << HALVINGS), term = 1.0, sum = 1.0;
    int i;
    for (i = 1; i <= TERMS; i++) {
        term = term * x / (double)i;
        sum += term;
    }
    for (i = 0; i < HALVINGS; i++) {
        sum = sum * sum;
    }
    return sum;
}

static double next_power(double power, double step)
{
    double next = power * step;
    return next < SMALLEST ? 0.0 : next;
}

static void sigmoids(const n6_codes *codes, float *table)
{
    double step = exp_of_step(codes->scale), power = 1.0;
    int32_t steps;
    for (steps = 0; steps < 2 * CODES; steps++, power = next_power(power, step)) {
        int32_t above = codes->zero + steps - LOWEST, below = codes->zero - steps - LOWEST;
        if (above >= 0 && above < CODES) {
            table[above] = (float)(1.0 / (1.0 + power));
        }
        if (below >= 0 && below < CODES) {
            table[below] = (float)(power / (1.0 + power));
        }
    }
}

static void powers(const n6_codes *codes, float *table)
{
    double step = exp_of_step(codes->scale), power = 1.0;
    int i;
    for (i = 0; i < CODES; i++, power = next_power(power, step)) {
        table[i] = (float)power;
    }
}

void n6_split_prepare(const n6_split *split, n6_split_tables *tables)
{
    uint32_t i;
    for (i = 0; i < split->levels; i++) {
        sigmoids(&split->level[i].score, tables[i].score);
        sigmoids(&split->level[i].keypoints, tables[i].visibility);
        powers(&split->level[i].box, tables[i].distance);
    }
}

/* --- looking at the confidences --- */

/* The least code whose confidence is above the threshold; 128 where none is. Confidences rise with the codes. */
static int32_t first_above(const float *score, float threshold)
{
    int32_t low = 0, high = CODES;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (score[middle] > threshold) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low + LOWEST;
}

/* Collect from a level whose first candidate is `first`; return its highest code. */
static int32_t scan(const int8_t *score, uint32_t count, uint32_t classes, const float *table, float threshold,
                    uint32_t first, n6_pool *found)
{
    int32_t limit = first_above(table, threshold), top = LOWEST;
    uint32_t i, c;
    for (i = 0; i < count; i++, score += classes) {
        int32_t best = score[0];
        for (c = 1; c < classes; c++) {
            best = score[c] > best ? score[c] : best;
        }
        top = best > top ? best : top;
        if (best >= limit) {
            n6_collect(found, table[best - LOWEST], first + i);
        }
    }
    return top;
}

/* --- one candidate --- */

static cell cell_of(const n6_split *split, const n6_split_tables *tables, const int8_t *const *outputs, uint32_t index)
{
    cell found;
    uint32_t level = 0, count = cells(split, &split->level[0]);
    while (index >= count) {
        index -= count;
        level++;
        count = cells(split, &split->level[level]);
    }
    outputs += N6_LEVEL_OUTPUTS * level;
    found.level = &split->level[level];
    found.tables = &tables[level];
    found.box = outputs[0] + (size_t)index * N6_BOX_CODES;
    found.score = outputs[1] + (size_t)index * split->classes;
    found.keypoints = outputs[2] + (size_t)index * split->keypoints * split->dims;
    found.column = index % columns(split, found.level);
    found.row = index / columns(split, found.level);
    return found;
}

/* The mean of a side's distribution, in cells. */
static float side(const int8_t *codes, const float *table)
{
    float sum = 0.0f, weighted = 0.0f;
    int32_t largest = codes[0];
    uint32_t i;
    for (i = 1; i < N6_BINS; i++) {
        largest = codes[i] > largest ? codes[i] : largest;
    }
    for (i = 0; i < N6_BINS; i++) {
        float share = table[largest - codes[i]];
        sum += share;
        weighted += (float)i * share;
    }
    return weighted / sum;
}

static void read_box(const cell *c, float *box)
{
    const float *table = c->tables->distance;
    float stride = (float)c->level->stride, x = (float)c->column + 0.5f, y = (float)c->row + 0.5f;
    float left = x - side(c->box, table), top = y - side(c->box + N6_BINS, table);
    float right = x + side(c->box + 2u * N6_BINS, table), bottom = y + side(c->box + 3u * N6_BINS, table);
    float centre_x = (left + right) / 2.0f * stride, centre_y = (top + bottom) / 2.0f * stride;
    float half_x = (right - left) * stride / 2.0f, half_y = (bottom - top) * stride / 2.0f;
    box[0] = centre_x - half_x;
    box[1] = centre_y - half_y;
    box[2] = centre_x + half_x;
    box[3] = centre_y + half_y;
}

static float place(const n6_codes *codes, int32_t code, float factor, uint32_t anchor, uint16_t stride)
{
    return ((float)(code - codes->zero) * codes->scale * factor + (float)anchor) * (float)stride;
}

static void read_keypoint(const n6_split *split, const cell *c, uint32_t k, float *point)
{
    const n6_codes *codes = &c->level->keypoints;
    const int8_t *at = c->keypoints + (size_t)k * split->dims;
    float across = split->factors != NULL ? split->factors[2u * k] : 2.0f;
    float down = split->factors != NULL ? split->factors[2u * k + 1u] : 2.0f;
    point[0] = place(codes, at[0], across, c->column, c->level->stride);
    point[1] = place(codes, at[1], down, c->row, c->level->stride);
    point[2] = split->dims == 3u ? c->tables->visibility[at[2] - LOWEST] : 1.0f;
}

/* The class with the highest confidence; of several the first one. */
static uint32_t class_of(const n6_split *split, const cell *c)
{
    uint32_t i, found = 0;
    for (i = 1; i < split->classes; i++) {
        if (c->tables->score[c->score[i] - LOWEST] > c->tables->score[c->score[found] - LOWEST]) {
            found = i;
        }
    }
    return found;
}

/* --- people --- */

static bool same_class(const n6_split *split, const cell *a, const cell *b)
{
    return split->classes == 1u || class_of(split, a) == class_of(split, b);
}

/* What is known of a decoding under way. Of those who were kept, whose candidates stand in front, `confidence` counts by what
 * their keypoints are to be divided. */
typedef struct {
    const n6_split *split;
    const n6_split_tables *tables;
    const int8_t *const *outputs;
    n6_candidate *candidates;
    float *people;
    uint32_t count;
} work;

/* Whether a candidate stays beside those who were kept: only its own class suppresses it. */
static bool survives(const work *w, const cell *one, const float *box, float iou)
{
    uint32_t i;
    for (i = 0; i < w->count; i++) {
        if (!n6_stays(w->people + i * N6_PERSON_FLOATS(w->split->keypoints), box, iou)) {
            cell better = cell_of(w->split, w->tables, w->outputs, w->candidates[i].index);
            if (same_class(w->split, &better, one)) {
                return false;
            }
        }
    }
    return true;
}

/* Add the keypoints of a candidate that was suppressed to those of everybody for whom it stands. */
static void add_keypoints(const work *w, const cell *one, const float *box, float confidence, float iou)
{
    uint32_t i, k;
    for (i = 0; i < w->count; i++) {
        float *person = w->people + i * N6_PERSON_FLOATS(w->split->keypoints), point[3];
        float weight = confidence / person[4];
        cell better = cell_of(w->split, w->tables, w->outputs, w->candidates[i].index);
        if (n6_same_person(person, box, confidence, iou) && same_class(w->split, &better, one)) {
            for (k = 0; k < w->split->keypoints; k++) {
                read_keypoint(w->split, one, k, point);
                n6_add_keypoint(person + 5u + 3u * k, point, weight);
            }
            w->candidates[i].confidence += weight;
        }
    }
}

static void keep(work *w, const cell *one, const float *box, n6_candidate candidate)
{
    float *person = w->people + w->count * N6_PERSON_FLOATS(w->split->keypoints);
    uint32_t k;
    memcpy(person, box, 4u * sizeof box[0]);
    person[4] = candidate.confidence;
    for (k = 0; k < w->split->keypoints; k++) {
        read_keypoint(w->split, one, k, person + 5u + 3u * k);
    }
    w->candidates[w->count].index = candidate.index; /* those that are kept stand in front */
    w->candidates[w->count].confidence = 1.0f;
    w->count++;
}

/* Collect from all levels; return the highest confidence. */
static float scan_levels(const n6_split *split, const n6_split_tables *tables, const int8_t *const *outputs,
                         float threshold, n6_pool *found)
{
    float best = 0.0f;
    uint32_t i, first = 0;
    for (i = 0; i < split->levels; i++) {
        uint32_t count = cells(split, &split->level[i]);
        int32_t top = scan(outputs[N6_LEVEL_OUTPUTS * i + 1u], count, split->classes, tables[i].score, threshold, first,
                           found);
        float score = count > 0u ? tables[i].score[top - LOWEST] : 0.0f;
        best = score > best ? score : best;
        first += count;
    }
    return best;
}

n6_found n6_split_decode(const n6_split *split, const n6_split_tables *tables, const int8_t *const *outputs,
                         const n6_thresholds *thresholds, n6_candidate *candidates, uint32_t capacity, float *people)
{
    n6_found result = {0, 0, 0.0f};
    n6_pool found = {candidates, 0, capacity, 0};
    work w = {split, tables, outputs, candidates, people, 0};
    uint32_t i;
    if (!n6_split_valid(split) || capacity == 0u) {
        return result;
    }
    result.top_score = scan_levels(split, tables, outputs, thresholds->confidence, &found);
    result.dropped = found.dropped;
    n6_sort(&found);
    for (i = 0; i < found.count && (thresholds->average || w.count < thresholds->max_detections); i++) {
        n6_candidate one = candidates[i];
        cell c = cell_of(split, tables, outputs, one.index);
        float box[4];
        read_box(&c, box);
        if (!survives(&w, &c, box, thresholds->iou)) {
            if (thresholds->average) {
                add_keypoints(&w, &c, box, one.confidence, thresholds->iou);
            }
        } else if (w.count < thresholds->max_detections) {
            keep(&w, &c, box, one);
        }
    }
    if (thresholds->average) {
        n6_divide_keypoints(people, w.count, split->keypoints, candidates);
    }
    result.count = w.count;
    return result;
}
