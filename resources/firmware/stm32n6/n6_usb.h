/* SPDX-License-Identifier: MIT
 *
 * What the USB device (n6_usb.c) needs of the board (n6_usb_board.c), and tests of both.
 */
#ifndef N6_USB_H
#define N6_USB_H

#include <stdint.h>

#include "stm32n6xx_hal.h"

#ifdef __cplusplus
extern "C" {
#endif

#define N6_USB_PRIORITY 7u /* below the camera's and the NPU's */

/* The device; USB1_OTG_HS_IRQHandler hands it to HAL_PCD_IRQHandler. */
extern PCD_HandleTypeDef n6_usb_device;

#ifdef __cplusplus
}
#endif
#endif
