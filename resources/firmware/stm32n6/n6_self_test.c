/* SPDX-License-Identifier: MIT
 *
 * See n6_self_test.h.
 */
#include "n6_self_test.h"

#define SHORTEST 4u
#define BASELINE 0xC0u
#define SCAN 0xDAu
#define HEIGHT_AT 5u /* behind the marker */
#define WIDTH_AT 7u

static uint32_t big_endian(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

bool n6_jpeg_is(const uint8_t *jpeg, size_t length, uint32_t width, uint32_t height)
{
    size_t at = 2;
    if (length < SHORTEST || jpeg[0] != 0xFFu || jpeg[1] != 0xD8u || jpeg[length - 2u] != 0xFFu ||
        jpeg[length - 1u] != 0xD9u) {
        return false;
    }
    while (at + WIDTH_AT + 4u <= length && jpeg[at] == 0xFFu && jpeg[at + 1u] != SCAN) {
        if (jpeg[at + 1u] == BASELINE) {
            return big_endian(jpeg + at + HEIGHT_AT) == height && big_endian(jpeg + at + WIDTH_AT) == width;
        }
        at += 2u + big_endian(jpeg + at + 2u);
    }
    return false;
}

static void log_times(n6_stream *stream, const n6_self_test_facts *facts)
{
    static const char *const names[N6_TIMES] = {"self-test: us to model ", " with encoding ", ", model ",
                                                ", post-processing "};
    char line[N6_LONGEST_TEXT] = "";
    uint32_t i;
    for (i = 0; i < (uint32_t)N6_TIMES; i++) {
        n6_text_append(line, names[i]);
        n6_text_number(line, facts->timed > 0u ? (uint32_t)(facts->took[i] / facts->timed) : 0u, 1);
    }
    n6_stream_log(stream, line);
}

void n6_self_test_log(n6_stream *stream, const n6_self_test_facts *facts)
{
    char line[N6_LONGEST_TEXT] = "self-test: ";
    n6_text_number(line, facts->images, 1);
    n6_text_append(line, " images in ");
    n6_text_number(line, (uint32_t)((facts->last - facts->first) / 1000u), 1);
    n6_text_append(line, " ms, encoded ");
    n6_text_number(line, facts->encoded, 1);
    n6_stream_log(stream, line);
    line[0] = '\0';
    n6_text_append(line, "self-test: JPEG of ");
    n6_text_number(line, facts->image->width, 1);
    n6_text_append(line, " x ");
    n6_text_number(line, facts->image->height, 1);
    n6_text_append(line, ", ");
    n6_text_number(line, (uint32_t)facts->jpeg_length, 1);
    n6_text_append(line, n6_jpeg_is(facts->jpeg, facts->jpeg_length, facts->image->width, facts->image->height)
                             ? " bytes, right"
                             : " bytes, wrong");
    n6_stream_log(stream, line);
    log_times(stream, facts);
    line[0] = '\0';
    n6_text_append(line, "self-test: dropped ");
    n6_text_number(line, facts->dropped, 1);
    n6_text_append(line, ", ");
    n6_text_append(line, facts->link);
    n6_stream_log(stream, line);
}
