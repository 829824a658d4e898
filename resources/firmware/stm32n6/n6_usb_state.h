/* SPDX-License-Identifier: MIT
 *
 * What the two halves of the USB device share: its state, and what each does for the other. The control transfers are in
 * n6_usb_control.c, the bytes of the serial port and the link in n6_usb.c.
 */
#ifndef N6_USB_STATE_H
#define N6_USB_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "n6_queue.h"
#include "n6_usb.h"

#ifdef __cplusplus
extern "C" {
#endif

#define N6_USB_CONTROL_IN 0x80u
#define N6_USB_CONTROL_OUT 0x00u
#define N6_USB_LINE_CODING_BYTES 7u

typedef struct {
    n6_queue queue;
    void (*received)(const uint8_t *data, size_t length);
    volatile bool configured, listening, suspended, connected;
    volatile bool sending; /* a piece or an empty packet is on its way */
    bool whole_packets;    /* the last piece ended with a full packet */
    uint16_t packet;       /* of the data endpoints */
    uint8_t halted;        /* bits: IN endpoints 0 to 2, then OUT */
    uint8_t line_coding[N6_USB_LINE_CODING_BYTES];
    /* the control transfer that is under way */
    const uint8_t *reply;
    uint16_t left;
    bool empty_packet; /* the reply is shorter than wanted, and ends with a full packet */
    bool replying;     /* data go to the computer, which then confirms them */
    bool coding_comes; /* the line coding is on its way */
    uint8_t control[N6_USB_LONGEST_DESCRIPTOR];
    uint8_t coming[N6_USB_LINE_CODING_BYTES];
    uint8_t out[N6_USB_HIGH_PACKET];
} n6_usb_state;

extern n6_usb_state n6_usb;

/* The control half: forget the request that is under way. */
void n6_usb_forget_request(void);

/* The data half: close and open the endpoints of the serial port, for the speed that was negotiated; and go on with one
 * that is halted no longer. What was under way then is lost. */
void n6_usb_close_data(void);
void n6_usb_open_data(void);
void n6_usb_resume_data(uint8_t address);

/* The control half's share of the interrupts: endpoint 0 has sent, or received. */
void n6_usb_control_sent(void);
void n6_usb_control_received(void);

#ifdef __cplusplus
}
#endif
#endif
