/* SPDX-License-Identifier: MIT
 *
 * From a YOLOv8-pose model with a split head to people. Such a model ends at its last convolutions: at each stride one int8
 * output for boxes, one for confidences and one for keypoints, each with a scale of its own. What a whole head computes
 * behind them, for every candidate, is computed here, for those above the confidence threshold alone.
 *
 *     static n6_split_tables tables[3];
 *     static const n6_split split = {.levels = 3, .level = {{.stride = 8, .box = {0.1f, -10}, ...}, ...}, ...};
 *     n6_split_prepare(&split, tables);                                // once
 *     n6_found found = n6_split_decode(&split, tables, outputs, &thresholds, candidates, 512, people);
 *
 * The numbers are those of N6 Studio on a computer, bit for bit, as with n6_decode: sigmoids and exponentials are those of
 * 256 codes, and their tables are made of additions, multiplications and divisions of doubles, in the same order there.
 */
#ifndef N6_SPLIT_H
#define N6_SPLIT_H

#include "n6_decode.h"

#ifdef __cplusplus
extern "C" {
#endif

#define N6_MOST_LEVELS 4u
#define N6_BINS 16u     /* of a side's distribution */
#define N6_BOX_CODES 64u /* four sides */
#define N6_LEVEL_OUTPUTS 3u
#define N6_LARGEST_SCALE 32.0f

/* An int8 output: value = (code - zero) * scale. */
typedef struct {
    float scale; /* above 0, at most N6_LARGEST_SCALE */
    int32_t zero; /* -128..127 */
} n6_codes;

/* What there is at one stride, 8 pixels or another. Values of a cell lie together, cells row by row. */
typedef struct {
    uint16_t stride;
    n6_codes box, score, keypoints;
} n6_level;

/* How the outputs are to be read. */
typedef struct {
    uint8_t levels;            /* 1..4, finest first */
    n6_level level[N6_MOST_LEVELS];
    uint16_t classes;          /* 1..80 */
    uint16_t keypoints;        /* K, 1..133 */
    uint8_t dims;              /* values of a keypoint: 3 with visibility, 2 without */
    uint16_t width, height;    /* of the model's input in pixels */
    const float *factors;      /* 2 K, by which x and y of each keypoint are multiplied; NULL where all are 2 */
} n6_split;

/* Of a level, for each code from -128 on. */
typedef struct {
    float score[256], visibility[256];
    float distance[256]; /* exp of so many steps of a box's distribution below its largest */
} n6_split_tables;

/* Whether a description can be used: levels, classes, keypoints, dims, scales and sizes in their ranges. */
bool n6_split_valid(const n6_split *split);

/* Return how many candidates there are; 0 where a description cannot be used. */
uint32_t n6_split_candidates(const n6_split *split);

/* Compute the tables, one for each level, of a description that can be used. */
void n6_split_prepare(const n6_split *split, n6_split_tables *tables);

/* As n6_decode. `outputs` has boxes, confidences and keypoints of the first level, then of the next. Of two candidates with the
 * same confidence the one of the finer level counts more, then the one of the earlier cell. */
n6_found n6_split_decode(const n6_split *split, const n6_split_tables *tables, const int8_t *const *outputs,
                         const n6_thresholds *thresholds, n6_candidate *candidates, uint32_t capacity, float *people);

#ifdef __cplusplus
}
#endif
#endif
