/* SPDX-License-Identifier: MIT
 *
 * The link over USB: a serial port (CDC ACM) on ST's HAL_PCD, at high or full speed, without DMA. Every desktop system has
 * the driver for it.
 *
 * Endpoint 1 carries the bytes both ways; endpoint 2 belongs to the class and never says anything. Control transfers are in
 * n6_usb_control.c. All but n6_link_* runs in the USB interrupt.
 */
#include <string.h>

#include "n6_config.h"
#include "n6_link.h"
#include "n6_usb_state.h"

/* Words of the FIFO memory, 1024 in all. Receiving at high speed needs more than 160. */
#define RECEIVE_WORDS 256u
#define CONTROL_WORDS 32u
#define DATA_WORDS 512u
#define NOTIFY_WORDS 16u

PCD_HandleTypeDef n6_usb_device;
n6_usb_state n6_usb;

/* --- data --- */

/* Send the next piece; behind the last one an empty packet, where the computer cannot know that it was the last. */
static void send_next(void)
{
    n6_piece piece;
    if (n6_queue_get(&n6_usb.queue, &piece)) {
        n6_usb.sending = true;
        n6_usb.whole_packets = piece.length % n6_usb.packet == 0u;
        (void)HAL_PCD_EP_Transmit(&n6_usb_device, N6_USB_DATA_IN, (uint8_t *)(uintptr_t)piece.data, (uint32_t)piece.length);
    } else if (n6_usb.whole_packets) {
        n6_usb.whole_packets = false;
        (void)HAL_PCD_EP_Transmit(&n6_usb_device, N6_USB_DATA_IN, NULL, 0);
    } else {
        n6_usb.sending = false;
    }
}

void n6_usb_close_data(void)
{
    if (n6_usb.configured) {
        (void)HAL_PCD_EP_Close(&n6_usb_device, N6_USB_DATA_IN);
        (void)HAL_PCD_EP_Close(&n6_usb_device, N6_USB_DATA_OUT);
        (void)HAL_PCD_EP_Close(&n6_usb_device, N6_USB_NOTIFY_IN);
    }
    n6_usb.configured = false;
    n6_usb.listening = false;
    n6_usb.sending = false;
    n6_usb.whole_packets = false;
    n6_usb.halted = 0;
    n6_usb.queue.out = n6_usb.queue.in; /* nobody will fetch what was queued */
}

void n6_usb_open_data(void)
{
    bool high = n6_usb_device.Init.speed == PCD_SPEED_HIGH;
    n6_usb.packet = high ? N6_USB_HIGH_PACKET : N6_USB_FULL_PACKET;
    (void)HAL_PCD_EP_Open(&n6_usb_device, N6_USB_DATA_IN, n6_usb.packet, EP_TYPE_BULK);
    (void)HAL_PCD_EP_Open(&n6_usb_device, N6_USB_DATA_OUT, n6_usb.packet, EP_TYPE_BULK);
    (void)HAL_PCD_EP_Open(&n6_usb_device, N6_USB_NOTIFY_IN, N6_USB_NOTIFY_PACKET, EP_TYPE_INTR);
    n6_usb.configured = true;
    (void)HAL_PCD_EP_Receive(&n6_usb_device, N6_USB_DATA_OUT, n6_usb.out, n6_usb.packet);
}

/* What was under way when an endpoint was halted is lost; begin with the next. */
void n6_usb_resume_data(uint8_t address)
{
    if (address == N6_USB_DATA_OUT) {
        (void)HAL_PCD_EP_Receive(&n6_usb_device, N6_USB_DATA_OUT, n6_usb.out, n6_usb.packet);
    } else if (address == N6_USB_DATA_IN && n6_usb.sending) {
        (void)HAL_PCD_EP_Flush(&n6_usb_device, N6_USB_DATA_IN);
        send_next();
    }
}

void HAL_PCD_DataInStageCallback(PCD_HandleTypeDef *hpcd, uint8_t number)
{
    (void)hpcd;
    if (number == (N6_USB_DATA_IN & 0x7Fu)) {
        if (n6_usb.configured && n6_usb.sending) {
            send_next();
        }
    } else if (number == 0u) {
        n6_usb_control_sent();
    }
}

void HAL_PCD_DataOutStageCallback(PCD_HandleTypeDef *hpcd, uint8_t number)
{
    if (number == N6_USB_DATA_OUT && n6_usb.configured) {
        uint32_t count = HAL_PCD_EP_GetRxCount(hpcd, N6_USB_DATA_OUT);
        n6_usb.received(n6_usb.out, count < n6_usb.packet ? count : n6_usb.packet);
        (void)HAL_PCD_EP_Receive(hpcd, N6_USB_DATA_OUT, n6_usb.out, n6_usb.packet);
    } else if (number == 0u) {
        n6_usb_control_received();
    }
}

void HAL_PCD_ResetCallback(PCD_HandleTypeDef *hpcd)
{
    n6_usb_close_data();
    n6_usb.suspended = false;
    n6_usb_forget_request();
    (void)HAL_PCD_EP_Open(hpcd, N6_USB_CONTROL_OUT, N6_USB_CONTROL_PACKET, EP_TYPE_CTRL);
    (void)HAL_PCD_EP_Open(hpcd, N6_USB_CONTROL_IN, N6_USB_CONTROL_PACKET, EP_TYPE_CTRL);
}

void HAL_PCD_SuspendCallback(PCD_HandleTypeDef *hpcd)
{
    (void)hpcd;
    n6_usb.suspended = true;
}

void HAL_PCD_ResumeCallback(PCD_HandleTypeDef *hpcd)
{
    (void)hpcd;
    n6_usb.suspended = false;
}

void HAL_PCD_DisconnectCallback(PCD_HandleTypeDef *hpcd)
{
    (void)hpcd;
    n6_usb_close_data();
}

/* --- the link --- */

static size_t write(void *context, const uint8_t *data, size_t length)
{
    size_t taken = length; /* what nobody listens to is let go */
    (void)context;
    HAL_NVIC_DisableIRQ(USB1_OTG_HS_IRQn);
    if (n6_usb.configured && n6_usb.listening) {
        taken = n6_queue_put(&n6_usb.queue, data, length);
        if (!n6_usb.sending) {
            send_next();
        }
    }
    HAL_NVIC_EnableIRQ(USB1_OTG_HS_IRQn);
    return taken;
}

static bool idle(void *context)
{
    (void)context;
    return !n6_usb.sending && n6_queue_empty(&n6_usb.queue);
}

bool n6_link_start(void (*received)(const uint8_t *data, size_t length))
{
    static const uint8_t coding[N6_USB_LINE_CODING_BYTES] = {0x00, 0x10, 0x0E, 0x00, 0, 0, 8}; /* 921 600 8N1 */
    USB_OTG_CfgTypeDef *init = &n6_usb_device.Init;
    memset(&n6_usb, 0, sizeof n6_usb);
    memcpy(n6_usb.line_coding, coding, sizeof coding);
    n6_usb.received = received;
    n6_usb.packet = N6_USB_HIGH_PACKET;
    n6_usb_device.Instance = USB1_OTG_HS;
    init->dev_endpoints = 9;
    init->speed = PCD_SPEED_HIGH;
    init->phy_itface = USB_OTG_HS_EMBEDDED_PHY;
    init->dma_enable = 0;
    if (HAL_PCD_Init(&n6_usb_device) != HAL_OK) {
        return false;
    }
    (void)HAL_PCDEx_SetRxFiFo(&n6_usb_device, RECEIVE_WORDS);
    (void)HAL_PCDEx_SetTxFiFo(&n6_usb_device, 0, CONTROL_WORDS);
    (void)HAL_PCDEx_SetTxFiFo(&n6_usb_device, 1, DATA_WORDS);
    (void)HAL_PCDEx_SetTxFiFo(&n6_usb_device, 2, NOTIFY_WORDS);
    return HAL_PCD_Start(&n6_usb_device) == HAL_OK;
}

n6_port n6_link_port(void)
{
    n6_port port = {NULL, write, idle};
    return port;
}

bool n6_link_open(void)
{
    return n6_usb.configured && n6_usb.listening && !n6_usb.suspended;
}

bool n6_link_connected(void)
{
    bool connected = n6_usb.connected;
    n6_usb.connected = false;
    return connected;
}

const char *n6_link_name(void)
{
    return n6_usb_device.Init.speed == PCD_SPEED_HIGH ? "USB at high speed" : "USB at full speed";
}
