/* SPDX-License-Identifier: MIT
 *
 * The way to the computer on an STM32N6: USB (n6_usb.c) or a UART (n6_uart.c); one of the two is compiled.
 *
 * Pieces of memory are queued and sent by interrupts, so the core is free in between; they must stay until the port is idle.
 */
#ifndef N6_LINK_H
#define N6_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "n6_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Begin. `received` gets what the computer says, in an interrupt. Returns whether the hardware could be started. */
bool n6_link_start(void (*received)(const uint8_t *data, size_t length));

/* Where the stream's bytes go. */
n6_port n6_link_port(void);

/* Whether a program on the computer listens; a UART cannot know, and says yes. */
bool n6_link_open(void);

/* Whether a program has begun to listen since the last call. */
bool n6_link_connected(void);

/* What it is, with the speed at which the computer found it. */
const char *n6_link_name(void);

#ifdef __cplusplus
}
#endif
#endif
