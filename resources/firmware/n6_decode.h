/* SPDX-License-Identifier: MIT
 *
 * From a YOLO pose model's output to people. C99, no allocation, no dependencies but <math.h>, <stdint.h>, <stdbool.h>
 * and <stddef.h>.
 *
 * The numbers are those of N6 Studio's own decoder on a computer, bit for bit, as long as the compiler may not fuse
 * multiplications with additions: compile with -ffp-contract=off. Values that are not numbers, which a damaged model can
 * give, never pass the confidence threshold, and never survive suppression as a box.
 *
 *     static n6_candidate candidates[512];
 *     static float people[10 * N6_PERSON_FLOATS(17)];
 *     n6_output output = {.type = N6_FLOAT32, .candidates = 1344, .classes = 1, .keypoints = 17, .dims = 3,
 *                         .normalised = true, .width = 256, .height = 256};
 *     n6_channels_first(&output);
 *     n6_found found = n6_decode(&output, data, &thresholds, candidates, 512, people);
 *     n6_to_frame(people, found.count, 17, &view);      // for n6_put_people
 *
 * The confidence of every candidate is looked at; everything else is computed only for those above the threshold.
 */
#ifndef N6_DECODE_H
#define N6_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define N6_MOST_KEYPOINTS 133u
#define N6_MOST_CLASSES 80u
#define N6_PERSON_FLOATS(keypoints) (5u + 3u * (size_t)(keypoints))

typedef enum { N6_FLOAT32 = 0, N6_INT8, N6_UINT8 } n6_type;

/* How a model's output is to be read. */
typedef struct {
    n6_type type;
    float scale; /* of integers, above 0: value = (stored - zero) * scale */
    int32_t zero;
    uint32_t candidates;       /* N; rows of a model that does its own suppression */
    uint32_t candidate_stride; /* elements from one candidate to the next */
    uint32_t channel_stride;   /* elements from one value of a candidate to its next one */
    uint16_t classes;          /* 1..80 */
    uint16_t keypoints;        /* K, 1..133 */
    uint8_t dims;              /* values of a keypoint: 3 with visibility, 2 without */
    bool normalised;           /* coordinates are fractions of the input; else its pixels */
    bool end_to_end;           /* 4 corners, confidence, class, keypoints; no suppression here */
    uint16_t width, height;    /* of the model's input in pixels */
} n6_output;

/* A candidate above the threshold: room for decoding. */
typedef struct {
    float confidence;
    uint32_t index;
} n6_candidate;

typedef struct {
    float confidence;        /* candidates at or below it are dropped, 0..1 */
    float iou;               /* NMS IoU threshold, 0..1 */
    uint16_t max_detections; /* people at most */
    bool average; /* keypoints are the mean of all candidates of a person, weighted by confidence; else the best one's */
} n6_thresholds;

typedef struct {
    uint32_t count;   /* people, best first */
    uint32_t dropped; /* candidates above the threshold for which there was no room; the worst ones */
    float top_score;  /* highest finite confidence of all, whatever the threshold; 0 where there is none */
} n6_found;

/* The part of the frame that the model received; as fields of the wire format have it. */
typedef struct {
    int resize;                     /* N6_LETTERBOX, N6_STRETCH or N6_CROP */
    uint16_t width, height;         /* of the model's input in pixels */
    float left, top, across, down;  /* fractions of the frame */
} n6_view;

/* Return how many values a candidate has. */
uint32_t n6_channels(const n6_output *output);

/* Set the strides for (channels, N), which is what YOLOv8 gives. */
void n6_channels_first(n6_output *output);

/* Set the strides for (N, channels), which some compilers make of it, and end-to-end models give. */
void n6_candidates_first(n6_output *output);

/* Whether a description can be used: classes, keypoints, dims, scale and sizes in their ranges. */
bool n6_output_valid(const n6_output *output);

/* Write people into `people`, max_detections rows of N6_PERSON_FLOATS(keypoints): left, top, right, bottom, confidence,
 * then x, y, visibility of each keypoint, in pixels of the model's input. `data` is aligned for its type. Where more
 * than `capacity` (at least 1) candidates are above the threshold, the best ones count. Finds nobody in an output that is
 * not valid. Of several classes each suppresses among itself only. */
n6_found n6_decode(const n6_output *output, const void *data, const n6_thresholds *thresholds, n6_candidate *candidates,
                   uint32_t capacity, float *people);

/* Turn people from pixels of the model's input into fractions of the frame, where they lie; boxes end at its edges. */
void n6_to_frame(float *people, uint32_t count, uint32_t keypoints, const n6_view *view);

#ifdef __cplusplus
}
#endif
#endif
