/* SPDX-License-Identifier: MIT
 *
 * The live stream of one of ST's pose applications on an STM32N6: what the functions that n6_hooks.c wraps tell it.
 *
 * Two pipes of the camera are told apart: one for the screen, one for the model's input. n6_config.h, which N6 Studio writes
 * for a model and an application, says how large everything is; n6_config_example.h explains it.
 *
 * All calls come from the thread that runs the model, but n6_live_exposed, which comes from the camera's interrupt, and
 * n6_live_find, which may come from another thread.
 */
#ifndef N6_LIVE_H
#define N6_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "n6_config.h"
#include "n6_decode.h"
#include "n6_split.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef N6_SPLIT_LEVELS
#define N6_LIVE_OUTPUTS (N6_LEVEL_OUTPUTS * N6_SPLIT_LEVELS)
#else
#define N6_LIVE_OUTPUTS 1u
#endif
#define N6_LIVE_CANDIDATES 512u /* above the threshold; the best ones where there are more */

typedef enum { N6_SCREEN_PIPE = 0, N6_MODEL_PIPE, N6_PIPES } n6_pipe;

/* A pipe's images: their size, bytes of a pixel (2: RGB565, 3: RGB888) and of a row. */
void n6_live_geometry(n6_pipe pipe, uint32_t width, uint32_t height, uint32_t pixel_bytes, uint32_t pitch);

/* The part of the sensor that a pipe shows, in the sensor's pixels. */
void n6_live_crop(n6_pipe pipe, uint32_t left, uint32_t top, uint32_t width, uint32_t height);

/* A pipe now writes into this memory. The model's pipe begins the stream with its first call. */
void n6_live_buffer(n6_pipe pipe, uint8_t *pixels);

/* The model's pipe has an image: its exposure has ended. In the camera's interrupt. */
void n6_live_exposed(void);

/* The model is about to run on the image: obey, and encode it. */
void n6_live_before_model(void);

/* The model has run. */
void n6_live_after_model(void);

/* Find people in the model's N6_LIVE_OUTPUTS outputs, and send them. Returns how many; n6_live_people has them in pixels of the model's
 * input, rows of N6_PERSON_FLOATS(N6_KEYPOINTS), best first, until the next call. */
uint32_t n6_live_results(void *const *outputs);
const float *n6_live_people(void);

/* Find people in the model's outputs with the thresholds that hold now, and nothing else; `room` holds N6_LIVE_CANDIDATES,
 * `people` N6_MAX_DETECTIONS rows. */
n6_found n6_live_find(void *const *outputs, n6_candidate *room, float *people);

/* As often as possible: send. */
void n6_live_poll(void);

#ifdef __cplusplus
}
#endif
#endif
