/* SPDX-License-Identifier: MIT
 *
 * See n6_text.h.
 */
#include "n6_text.h"

#include <stddef.h>
#include <string.h>

#define MILLIONTH 1000000u

void n6_text_append(char *text, const char *more)
{
    size_t length = strlen(text), i;
    for (i = 0; more[i] != '\0' && length + 1u < N6_LONGEST_TEXT; i++, length++) {
        text[length] = more[i];
    }
    text[length] = '\0';
}

void n6_text_number(char *text, uint32_t value, uint32_t least_digits)
{
    char digits[11];
    size_t at = sizeof digits - 1u;
    digits[at] = '\0';
    do {
        at--;
        digits[at] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value > 0u || sizeof digits - 1u - at < least_digits);
    n6_text_append(text, digits + at);
}

void n6_text_fraction(char *text, float fraction)
{
    uint32_t millionths = (uint32_t)(fraction * (float)MILLIONTH + 0.5f), digits = 6;
    n6_text_number(text, millionths / MILLIONTH, 1);
    millionths %= MILLIONTH;
    if (millionths > 0u) {
        while (millionths % 10u == 0u) {
            millionths /= 10u;
            digits--;
        }
        n6_text_append(text, ".");
        n6_text_number(text, millionths, digits);
    }
}
