/* SPDX-License-Identifier: MIT
 *
 * What the first person with a board wants to know, said once in the stream's log.
 */
#ifndef N6_SELF_TEST_H
#define N6_SELF_TEST_H

#include "n6_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

#define N6_SELF_TEST_IMAGES 100u /* after which it is said */

enum { N6_TO_MODEL = 0, N6_ENCODING, N6_MODEL, N6_POST_PROCESSING, N6_TIMES };

typedef struct {
    uint32_t images, encoded, dropped;
    const char *link;
    uint32_t timed;          /* images with results */
    uint64_t took[N6_TIMES]; /* microseconds, of all of these */
    uint64_t first, last; /* exposures on the board's clock, microseconds */
    const n6_image *image; /* the last one, and how it was encoded */
    const uint8_t *jpeg;
    size_t jpeg_length;
} n6_self_test_facts;

/* Return whether a JPEG is one of this size: from SOI to EOI, baseline, by its own header. */
bool n6_jpeg_is(const uint8_t *jpeg, size_t length, uint32_t width, uint32_t height);

/* Let the next frame's log say how many images were encoded, how fast they came, whether the last one is right, what took how
 * long on average, and over which link. */
void n6_self_test_log(n6_stream *stream, const n6_self_test_facts *facts);

#ifdef __cplusplus
}
#endif
#endif
