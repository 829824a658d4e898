/* SPDX-License-Identifier: MIT
 *
 * Commands from the computer: lines of text, NUMBER NAME [VALUE], and what is answered. docs/wire-format.md is the
 * specification.
 */
#ifndef N6_COMMAND_H
#define N6_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define N6_LONGEST_COMMAND 80u
#define N6_LONGEST_REPLY 40u /* the zero at its end included */

typedef enum {
    N6_HELLO = 0,
    N6_CONFIDENCE,
    N6_IOU,
    N6_QUALITY,
    N6_STREAM,
    N6_SEND_EXACT_INPUT,
    N6_SET_PROTECT,
    N6_EVALUATE,
    N6_SEND_RAW_OUTPUT,
    N6_TAKE_INPUT,
    N6_SET_AVERAGE
} n6_command_name;

typedef struct {
    uint16_t number; /* for the reply */
    n6_command_name name;
    float value; /* a whole number for quality and input, 0 or 1 for switches, 0 for those without a value */
} n6_command;

/* Bytes on their way to become a line. Begin with zeros. */
typedef struct {
    char text[N6_LONGEST_COMMAND + 1u]; /* one more than allowed, so that a longer line is refused as such */
    size_t length;
} n6_line;

/* Take a byte; returns whether it ends a line that is not blank. Then use `text` and `length`, and set `length` to 0. */
bool n6_line_take(n6_line *line, uint8_t byte);

/* Understand a line without its newline; returns NULL, or why it is refused, as the reply puts it. Then `number` is still
 * that of the line, 0 where it has none. */
const char *n6_parse_command(const char *line, size_t length, n6_command *command);

/* Write the value of the status `reply`: NUMBER ok, or NUMBER error WHY. */
void n6_format_reply(char text[N6_LONGEST_REPLY], uint16_t number, const char *why);

#ifdef __cplusplus
}
#endif
#endif
