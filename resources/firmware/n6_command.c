/* SPDX-License-Identifier: MIT
 *
 * See n6_command.h.
 */
#include "n6_command.h"

#include <string.h>

#define MOST_WORDS 3u
#define MOST_NUMBER_DIGITS 5u
#define MOST_INPUT 8388607u /* bytes; no more than a frame has */
#define MOST_VALUE_CHARACTERS 16u /* so that digits without their point fit into 64 bits */

static const char *const NAMES[] = {"hello",   "confidence", "iou",        "quality", "stream", "exact_input",
                                    "protect", "evaluate",   "raw_output", "input",   "average"};
#define NAME_COUNT (sizeof NAMES / sizeof NAMES[0])

typedef struct {
    const char *start;
    size_t length;
} word;

/* A decimal number: digits divided by a power of ten. */
typedef struct {
    uint64_t digits, divisor;
} decimal;

/* What separates words: all that is white in ASCII. */
static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1C' && c <= '\x1F');
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

bool n6_line_take(n6_line *line, uint8_t byte)
{
    size_t i;
    bool said = false;
    if (byte != (uint8_t)'\n') {
        if (line->length < sizeof line->text) {
            line->text[line->length] = (char)byte;
            line->length++;
        }
        return false;
    }
    for (i = 0; i < line->length; i++) {
        char c = line->text[i];
        said = said || !(c == ' ' || (c >= '\t' && c <= '\r'));
    }
    if (!said) {
        line->length = 0;
    }
    return said;
}

/* Find the words of a line; returns how many there are, MOST_WORDS + 1 for more. */
static size_t split(const char *line, size_t length, word words[MOST_WORDS])
{
    size_t at = 0, count = 0, start;
    for (;;) {
        while (at < length && blank(line[at])) {
            at++;
        }
        if (at == length || count > MOST_WORDS) {
            return count;
        }
        start = at;
        while (at < length && !blank(line[at])) {
            at++;
        }
        if (count < MOST_WORDS) {
            words[count].start = line + start;
            words[count].length = at - start;
        }
        count++;
    }
}

static bool is(const word *w, const char *text)
{
    return strlen(text) == w->length && memcmp(w->start, text, w->length) == 0;
}

static bool read_number(const word *w, uint16_t *number)
{
    uint32_t value = 0;
    size_t i;
    if (w->length > MOST_NUMBER_DIGITS) {
        return false;
    }
    for (i = 0; i < w->length; i++) {
        if (!digit(w->start[i])) {
            return false;
        }
        value = value * 10u + (uint32_t)(w->start[i] - '0');
    }
    *number = (uint16_t)(value & 0xFFFFu);
    return true;
}

/* Read digits with at most one point among them. */
static bool read_decimal(const word *w, decimal *found)
{
    bool point = false;
    size_t i, digits = 0;
    found->digits = 0;
    found->divisor = 1;
    if (w->length > MOST_VALUE_CHARACTERS) {
        return false;
    }
    for (i = 0; i < w->length; i++) {
        if (digit(w->start[i])) {
            found->digits = found->digits * 10u + (uint64_t)(w->start[i] - '0');
            found->divisor *= point ? 10u : 1u;
            digits++;
        } else if (w->start[i] == '.' && !point) {
            point = true;
        } else {
            return false;
        }
    }
    return digits > 0u;
}

/* Understand the value of a command that takes a number. */
static const char *set_value(const decimal *value, n6_command *command)
{
    if (command->name == N6_QUALITY || command->name == N6_TAKE_INPUT) {
        bool quality = command->name == N6_QUALITY;
        uint64_t most = quality ? 100u : MOST_INPUT;
        if (value->digits < value->divisor || value->digits > most * value->divisor) {
            return quality ? "1 to 100" : "1 to 8388607";
        }
        command->value = (float)(value->digits / value->divisor);
    } else {
        if (value->digits > value->divisor) {
            return "0 to 1";
        }
        command->value = (float)((double)value->digits / (double)value->divisor);
    }
    return NULL;
}

static bool is_switch(n6_command_name name)
{
    return name == N6_STREAM || name == N6_SET_PROTECT || name == N6_EVALUATE || name == N6_SEND_RAW_OUTPUT ||
           name == N6_SET_AVERAGE;
}

static const char *read_value(const word *w, n6_command *command)
{
    decimal value;
    if (is_switch(command->name)) {
        command->value = is(w, "on") ? 1.0f : 0.0f;
        return is(w, "on") || is(w, "off") ? NULL : "on or off";
    }
    if (!read_decimal(w, &value)) {
        return "not a number";
    }
    if (command->name == N6_HELLO || command->name == N6_SEND_EXACT_INPUT) {
        return "takes no value";
    }
    return set_value(&value, command);
}

const char *n6_parse_command(const char *line, size_t length, n6_command *command)
{
    word words[MOST_WORDS];
    size_t count = split(line, length, words), name = 0;
    command->number = 0;
    command->name = N6_HELLO;
    command->value = 0.0f;
    if (length > N6_LONGEST_COMMAND || count < 2u || count > MOST_WORDS) {
        return "not NUMBER NAME [VALUE]";
    }
    if (!read_number(&words[0], &command->number)) {
        return "no number before the name";
    }
    while (name < NAME_COUNT && !is(&words[1], NAMES[name])) {
        name++;
    }
    if (name == NAME_COUNT) {
        return "unknown command";
    }
    command->name = (n6_command_name)name;
    if (count == MOST_WORDS) {
        return read_value(&words[2], command);
    }
    return command->name == N6_HELLO || command->name == N6_SEND_EXACT_INPUT ? NULL : "needs a value";
}

void n6_format_reply(char text[N6_LONGEST_REPLY], uint16_t number, const char *why)
{
    uint32_t power = 10000u;
    size_t at = 0, i;
    const char *rest = why == NULL ? " ok" : " error ";
    while (power > 1u && number < power) {
        power /= 10u;
    }
    for (; power > 0u; power /= 10u) {
        text[at] = (char)('0' + (number / power) % 10u);
        at++;
    }
    for (i = 0; rest[i] != '\0'; i++, at++) {
        text[at] = rest[i];
    }
    for (i = 0; why != NULL && why[i] != '\0' && at < N6_LONGEST_REPLY - 1u; i++, at++) {
        text[at] = why[i];
    }
    text[at] = '\0';
}
