/* SPDX-License-Identifier: MIT
 *
 * What the USB device says of itself: a serial port (CDC ACM) at high or full speed.
 */
#include <string.h>

#include "n6_config.h"
#include "n6_usb.h"

enum { DEVICE = 1, CONFIGURATION, STRING, QUALIFIER = 6, OTHER_SPEED };
#define LONGEST_STRING 31u /* letters */
#define SERIAL_DIGITS 24u

static const uint8_t device_descriptor[18] = {
    18, DEVICE, 0x00, 0x02, 0x02, 0x02, 0x00, N6_USB_CONTROL_PACKET,
    N6_USB_VENDOR & 0xFFu, N6_USB_VENDOR >> 8, N6_USB_PRODUCT & 0xFFu, N6_USB_PRODUCT >> 8, 0x00, 0x01, 1, 2, 3, 1};

static const uint8_t qualifier_descriptor[10] = {10, QUALIFIER, 0x00, 0x02, 0x02, 0x02, 0x00, N6_USB_CONTROL_PACKET, 1, 0};

/* Sizes of the data packets and the pause of endpoint 2 are filled in. */
static const uint8_t configuration_descriptor[N6_USB_LONGEST_DESCRIPTOR] = {
    9, CONFIGURATION, N6_USB_LONGEST_DESCRIPTOR, 0, N6_USB_INTERFACES, 1, 0, 0xC0, 50,
    9, 4, 0, 0, 1, 0x02, 0x02, 0x01, 0, /* communication: abstract control model, AT commands */
    5, 0x24, 0x00, 0x10, 0x01,          /* class 1.10 */
    5, 0x24, 0x01, 0x00, 1,             /* no call management; data on interface 1 */
    4, 0x24, 0x02, 0x02,                /* line coding and state */
    5, 0x24, 0x06, 0, 1,                /* union of both */
    7, 5, N6_USB_NOTIFY_IN, 3, N6_USB_NOTIFY_PACKET, 0, 16,
    9, 4, 1, 0, 2, 0x0A, 0, 0, 0, /* data */
    7, 5, N6_USB_DATA_OUT, 2, 0, 0, 0,
    7, 5, N6_USB_DATA_IN, 2, 0, 0, 0};
#define NOTIFY_PAUSE_AT 43u
#define OUT_SIZE_AT 57u
#define IN_SIZE_AT 64u
#define HIGH_PAUSE 9 /* 32 ms: 2^(9-1) microframes */
#define FULL_PAUSE 32

static uint16_t copied(uint8_t *room, const uint8_t *descriptor, uint16_t length)
{
    memcpy(room, descriptor, length);
    return length;
}

static uint16_t text(uint8_t *room, const char *letters)
{
    uint16_t at = 2;
    size_t i;
    for (i = 0; letters[i] != '\0' && i < LONGEST_STRING; i++) {
        room[at] = (uint8_t)letters[i];
        room[at + 1u] = 0;
        at = (uint16_t)(at + 2u);
    }
    room[0] = (uint8_t)at;
    room[1] = STRING;
    return at;
}

/* The chip's own number. */
static uint16_t serial_number(uint8_t *room)
{
    static const char digits[] = "0123456789ABCDEF";
    const uint32_t words[3] = {HAL_GetUIDw0(), HAL_GetUIDw1(), HAL_GetUIDw2()};
    char letters[SERIAL_DIGITS + 1u];
    uint32_t i;
    for (i = 0; i < SERIAL_DIGITS; i++) {
        letters[i] = digits[(words[i / 8u] >> (28u - 4u * (i % 8u))) & 0xFu];
    }
    letters[SERIAL_DIGITS] = '\0';
    return text(room, letters);
}

static uint16_t configuration(uint8_t *room, uint8_t kind, bool high)
{
    uint16_t packet = high ? N6_USB_HIGH_PACKET : N6_USB_FULL_PACKET;
    uint16_t length = copied(room, configuration_descriptor, sizeof configuration_descriptor);
    room[1] = kind;
    room[NOTIFY_PAUSE_AT] = high ? HIGH_PAUSE : FULL_PAUSE;
    room[OUT_SIZE_AT] = (uint8_t)(packet & 0xFFu);
    room[OUT_SIZE_AT + 1u] = (uint8_t)(packet >> 8);
    room[IN_SIZE_AT] = (uint8_t)(packet & 0xFFu);
    room[IN_SIZE_AT + 1u] = (uint8_t)(packet >> 8);
    return length;
}

static uint16_t string(uint8_t *room, uint8_t number)
{
    static const uint8_t languages[4] = {4, STRING, 0x09, 0x04};
    switch (number) {
    case 0:
        return copied(room, languages, sizeof languages);
    case 1:
        return text(room, "N6 Studio");
    case 2:
        return text(room, N6_BOARD);
    case 3:
        return serial_number(room);
    default:
        return 0;
    }
}

uint16_t n6_usb_describe(uint8_t kind, uint8_t number, bool high, uint8_t room[N6_USB_LONGEST_DESCRIPTOR])
{
    switch (kind) {
    case DEVICE:
        return copied(room, device_descriptor, sizeof device_descriptor);
    case CONFIGURATION:
        return configuration(room, CONFIGURATION, high);
    case OTHER_SPEED:
        return configuration(room, OTHER_SPEED, !high);
    case QUALIFIER:
        return copied(room, qualifier_descriptor, sizeof qualifier_descriptor);
    case STRING:
        return string(room, number);
    default:
        return 0;
    }
}
