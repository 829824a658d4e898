/* SPDX-License-Identifier: MIT
 *
 * What the emulated machine, QEMU's mps3-an547, offers: a clock, a bell to the computer that plays the rest, and sleep.
 */
#ifndef N6_MACHINE_H
#define N6_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Start clock, bell and interrupts. */
void machine_start(void);

/* The board's clock. */
uint64_t machine_microseconds(void);

/* Tell the computer that something in the window has changed. */
void machine_ring(void);

/* Sleep until the computer rings, 10 ms at most; not at all where it has rung since the last call. */
void machine_sleep(void);

/* Begin anew, as after a reset. */
void machine_restart(void) __attribute__((noreturn));

/* End the emulation. */
void machine_power_off(void) __attribute__((noreturn));

#endif
