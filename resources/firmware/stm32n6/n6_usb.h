/* SPDX-License-Identifier: MIT
 *
 * What the parts of the USB device share: n6_usb.c, its descriptors, and what it needs of the board.
 */
#ifndef N6_USB_H
#define N6_USB_H

#include <stdbool.h>
#include <stdint.h>

#include "stm32n6xx_hal.h"

#ifdef __cplusplus
extern "C" {
#endif

#define N6_USB_PRIORITY 7u /* below the camera's and the NPU's */

#define N6_USB_DATA_IN 0x81u
#define N6_USB_DATA_OUT 0x01u
#define N6_USB_NOTIFY_IN 0x82u
#define N6_USB_CONTROL_PACKET 64u
#define N6_USB_HIGH_PACKET 512u
#define N6_USB_FULL_PACKET 64u
#define N6_USB_NOTIFY_PACKET 10u
#define N6_USB_INTERFACES 2u
#define N6_USB_LONGEST_DESCRIPTOR 67u

/* Write a descriptor, of a kind and number and for a speed, into `room`; returns its length, 0 where there is none. */
uint16_t n6_usb_describe(uint8_t kind, uint8_t number, bool high, uint8_t room[N6_USB_LONGEST_DESCRIPTOR]);

/* The device; USB1_OTG_HS_IRQHandler hands it to HAL_PCD_IRQHandler. */
extern PCD_HandleTypeDef n6_usb_device;

#ifdef __cplusplus
}
#endif
#endif
