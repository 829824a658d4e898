/* SPDX-License-Identifier: MIT
 *
 * Short texts in memory of a fixed size: what does not fit is cut off.
 */
#ifndef N6_TEXT_H
#define N6_TEXT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define N6_LONGEST_TEXT 96u /* the zero at its end included */

/* Append to a text of N6_LONGEST_TEXT. */
void n6_text_append(char *text, const char *more);

/* Append a number, with zeros in front where it has fewer digits. */
void n6_text_number(char *text, uint32_t value, uint32_t least_digits);

/* Append a fraction of 0..1 with up to six digits behind the point. */
void n6_text_fraction(char *text, float fraction);

#ifdef __cplusplus
}
#endif
#endif
