/* SPDX-License-Identifier: MIT
 *
 * Evaluation: a computer sends what the model shall receive, and gets what the model made of it. docs/wire-format.md has the
 * commands. In the application's loop, where the camera's image would be taken:
 *
 *     while (n6_evaluating(&stream)) {
 *         if (n6_evaluate_poll(&stream)) {        // a whole input lies at config.input
 *             ... run the model, n6_decode with n6_stream_settings, n6_to_frame with a view of 0, 0, 1, 1 ...
 *             n6_evaluate_answer(&stream, &results, &output, data);    // or n6_evaluate_answer_split
 *         }
 *     }
 *
 * The raw outputs that an answer carries are not copied: they must stay until the next input is there, or evaluation ends.
 */
#ifndef N6_EVALUATE_H
#define N6_EVALUATE_H

#include "n6_split.h"
#include "n6_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether a computer evaluates. Until it ends, images of the camera are not sent. */
bool n6_evaluating(const n6_stream *s);

/* As often as possible: receive, obey, and send. Returns whether a whole input lies ready; then the model is to run on it. */
bool n6_evaluate_poll(n6_stream *s);

/* The results for the input, and the output in which they were found. Returns whether they will be sent. */
bool n6_evaluate_answer(n6_stream *s, const n6_results *results, const n6_output *layout, const void *output);

/* The same of a model with a split head; `outputs` are those that n6_split_decode took. */
bool n6_evaluate_answer_split(n6_stream *s, const n6_results *results, const n6_split *split,
                              const int8_t *const *outputs);

/* --- for n6_stream.c --- */

/* Take what belongs to an input that is under way; returns how many bytes that were. An interrupt may call this. */
size_t n6_evaluate_take(n6_stream *s, const uint8_t *data, size_t length);

/* Obey a command about evaluation; returns NULL, or why not. */
const char *n6_evaluate_obey(n6_stream *s, const n6_command *command);

/* Write into a frame what it says about an input, where it answers one. */
void n6_evaluate_put(n6_stream *s, n6_writer *w, int room);

/* End evaluation, as when a computer connects. */
void n6_evaluate_forget(n6_stream *s);

/* Let the next frame answer a command; `why` is NULL where it was obeyed, and must stay. In n6_stream.c. */
void n6_stream_reply(n6_stream *s, uint16_t number, const char *why);

#ifdef __cplusplus
}
#endif
#endif
