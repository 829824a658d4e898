/* SPDX-License-Identifier: MIT
 *
 * The board's clock in microseconds, from the HAL's millisecond tick and, where the tick is SysTick's, its counter. Unlike
 * the core's cycle counter it goes on while the core sleeps.
 */
#ifndef N6_CLOCK_H
#define N6_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A moment, as an interrupt can take it. */
typedef struct {
    uint32_t milliseconds; /* wraps after 49 days */
    uint32_t microseconds; /* 0..999 */
} n6_moment;

/* The moment that it is now; from anywhere. */
n6_moment n6_clock_moment(void);

/* Microseconds since power-up; from one thread, at least once in 49 days. */
uint64_t n6_clock_now(void);

/* A moment of the last 24 days as microseconds since power-up; from the same thread. */
uint64_t n6_clock_of(n6_moment moment);

#ifdef __cplusplus
}
#endif
#endif
