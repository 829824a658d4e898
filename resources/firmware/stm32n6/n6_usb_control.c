/* SPDX-License-Identifier: MIT
 *
 * The control transfers of the USB device: standard requests and those of a serial port (CDC ACM). All of it runs in the USB
 * interrupt. Line coding is kept and told, and changes nothing: USB has no baud rate.
 */
#include <string.h>

#include "n6_usb_state.h"
#include "n6_wire.h"

#define ENDPOINTS 3u /* numbers 0 to 2 */

enum { GET_STATUS = 0, CLEAR_FEATURE, SET_FEATURE = 3, SET_ADDRESS = 5, GET_DESCRIPTOR, GET_CONFIGURATION = 8,
       SET_CONFIGURATION, GET_INTERFACE, SET_INTERFACE };
enum { SET_LINE_CODING = 0x20, GET_LINE_CODING, SET_CONTROL_LINE_STATE, SEND_BREAK };

typedef struct {
    uint8_t type, request;
    uint16_t value, index, length;
} setup_packet;

static void refuse(void)
{
    (void)HAL_PCD_EP_SetStall(&n6_usb_device, N6_USB_CONTROL_IN);
    (void)HAL_PCD_EP_SetStall(&n6_usb_device, N6_USB_CONTROL_OUT);
}

/* End a request that has nothing to tell. */
static void agree(void)
{
    n6_usb.left = 0;
    n6_usb.empty_packet = false;
    n6_usb.replying = false;
    (void)HAL_PCD_EP_Transmit(&n6_usb_device, N6_USB_CONTROL_IN, NULL, 0);
}

static void send_control(void)
{
    uint16_t count = n6_usb.left < N6_USB_CONTROL_PACKET ? n6_usb.left : (uint16_t)N6_USB_CONTROL_PACKET;
    const uint8_t *from = n6_usb.reply;
    n6_usb.reply += count;
    n6_usb.left = (uint16_t)(n6_usb.left - count);
    (void)HAL_PCD_EP_Transmit(&n6_usb_device, N6_USB_CONTROL_IN, (uint8_t *)(uintptr_t)from, count);
}

static void answer(const setup_packet *setup, const uint8_t *data, uint16_t length)
{
    n6_usb.reply = data;
    n6_usb.replying = setup->length > 0u;
    n6_usb.left = length < setup->length ? length : setup->length;
    n6_usb.empty_packet = n6_usb.left < setup->length && n6_usb.left > 0u && n6_usb.left % N6_USB_CONTROL_PACKET == 0u;
    send_control();
}

static void answer_byte(const setup_packet *setup, uint8_t first, uint16_t length)
{
    n6_usb.control[0] = first;
    n6_usb.control[1] = 0;
    answer(setup, n6_usb.control, length);
}

static void give_descriptor(const setup_packet *setup)
{
    bool high = n6_usb_device.Init.speed == PCD_SPEED_HIGH;
    uint16_t length = n6_usb_describe((uint8_t)(setup->value >> 8), (uint8_t)setup->value, high, n6_usb.control);
    if (length > 0u) {
        answer(setup, n6_usb.control, length);
    } else {
        refuse();
    }
}

/* The bit of an endpoint in `halted`; 0 where there is none of this address. */
static uint8_t halt_bit(uint16_t address)
{
    uint32_t number = address & 0x7Fu;
    bool in = (address & 0x80u) != 0u;
    bool there = number < ENDPOINTS && (number < 2u || in) && (address & 0xFF00u) == 0u;
    uint32_t bit = there ? 1u << (in ? number : number + ENDPOINTS) : 0u;
    return (uint8_t)bit;
}

static void configure(uint16_t value)
{
    if (value > 1u) {
        refuse();
        return;
    }
    n6_usb_close_data();
    if (value == 1u) {
        n6_usb_open_data();
    }
    agree();
}

static void change_halt(const setup_packet *setup)
{
    uint8_t address = (uint8_t)setup->index, bit = halt_bit(setup->index);
    if (setup->value != 0u || bit == 0u || (!n6_usb.configured && (address & 0x7Fu) != 0u)) {
        refuse();
        return;
    }
    if ((address & 0x7Fu) != 0u) {
        if (setup->request == SET_FEATURE) {
            (void)HAL_PCD_EP_SetStall(&n6_usb_device, address);
            n6_usb.halted |= bit;
        } else {
            (void)HAL_PCD_EP_ClrStall(&n6_usb_device, address);
            if ((n6_usb.halted & bit) != 0u) {
                n6_usb.halted &= (uint8_t)~bit;
                n6_usb_resume_data(address);
            }
        }
    }
    agree();
}

static void device_request(const setup_packet *setup)
{
    switch (setup->request) {
    case GET_STATUS:
        answer_byte(setup, 1, 2); /* has its own supply */
        break;
    case SET_ADDRESS:
        (void)HAL_PCD_SetAddress(&n6_usb_device, (uint8_t)(setup->value & 0x7Fu));
        agree();
        break;
    case GET_DESCRIPTOR:
        give_descriptor(setup);
        break;
    case GET_CONFIGURATION:
        answer_byte(setup, n6_usb.configured ? 1 : 0, 1);
        break;
    case SET_CONFIGURATION:
        configure(setup->value);
        break;
    default:
        refuse();
        break;
    }
}

static void interface_request(const setup_packet *setup)
{
    if (setup->index >= N6_USB_INTERFACES || !n6_usb.configured) {
        refuse();
    } else if (setup->request == GET_STATUS) {
        answer_byte(setup, 0, 2);
    } else if (setup->request == GET_INTERFACE) {
        answer_byte(setup, 0, 1);
    } else if (setup->request == SET_INTERFACE && setup->value == 0u) {
        agree();
    } else {
        refuse();
    }
}

static void endpoint_request(const setup_packet *setup)
{
    uint8_t bit = halt_bit(setup->index);
    if (setup->request == GET_STATUS && bit != 0u) {
        answer_byte(setup, (n6_usb.halted & bit) != 0u ? 1 : 0, 2);
    } else if (setup->request == SET_FEATURE || setup->request == CLEAR_FEATURE) {
        change_halt(setup);
    } else {
        refuse();
    }
}

static void class_request(const setup_packet *setup)
{
    bool listening = (setup->value & 1u) != 0u;
    if ((setup->type & 0x1Fu) != 1u || setup->index != 0u) {
        refuse();
        return;
    }
    switch (setup->request) {
    case SET_LINE_CODING:
        if (setup->length == N6_USB_LINE_CODING_BYTES) {
            n6_usb.coding_comes = true;
            (void)HAL_PCD_EP_Receive(&n6_usb_device, N6_USB_CONTROL_OUT, n6_usb.coming, N6_USB_LINE_CODING_BYTES);
        } else {
            refuse();
        }
        break;
    case GET_LINE_CODING:
        answer(setup, n6_usb.line_coding, N6_USB_LINE_CODING_BYTES);
        break;
    case SET_CONTROL_LINE_STATE:
        n6_usb.connected = n6_usb.connected || (listening && !n6_usb.listening);
        n6_usb.listening = listening;
        agree();
        break;
    case SEND_BREAK:
        agree();
        break;
    default:
        refuse();
        break;
    }
}

/* Whether a request goes the way that its kind goes, and brings data only where some belong to it. */
static bool sensible(const setup_packet *setup, bool of_class)
{
    bool in = (setup->type & 0x80u) != 0u, tells, brings;
    if (of_class) {
        tells = setup->request == GET_LINE_CODING;
        brings = setup->request == SET_LINE_CODING;
    } else {
        tells = setup->request == GET_STATUS || setup->request == GET_DESCRIPTOR ||
                setup->request == GET_CONFIGURATION || setup->request == GET_INTERFACE;
        brings = false;
    }
    return in == tells && (in || brings || setup->length == 0u);
}

void HAL_PCD_SetupStageCallback(PCD_HandleTypeDef *hpcd)
{
    uint8_t bytes[8];
    setup_packet setup;
    bool of_class;
    memcpy(bytes, hpcd->Setup, sizeof bytes);
    setup.type = bytes[0];
    setup.request = bytes[1];
    setup.value = n6_u16(bytes + 2);
    setup.index = n6_u16(bytes + 4);
    setup.length = n6_u16(bytes + 6);
    n6_usb_forget_request();
    of_class = (setup.type & 0x60u) == 0x20u;
    if ((setup.type & 0x40u) != 0u || !sensible(&setup, of_class)) {
        refuse();
    } else if (of_class) {
        class_request(&setup);
    } else if ((setup.type & 0x1Fu) == 0u) {
        device_request(&setup);
    } else if ((setup.type & 0x1Fu) == 1u) {
        interface_request(&setup);
    } else if ((setup.type & 0x1Fu) == 2u) {
        endpoint_request(&setup);
    } else {
        refuse();
    }
}

void n6_usb_forget_request(void)
{
    n6_usb.left = 0;
    n6_usb.empty_packet = false;
    n6_usb.coding_comes = false;
}

void n6_usb_control_sent(void)
{
    if (n6_usb.left > 0u) {
        send_control();
    } else if (n6_usb.empty_packet) {
        n6_usb.empty_packet = false;
        (void)HAL_PCD_EP_Transmit(&n6_usb_device, N6_USB_CONTROL_IN, NULL, 0);
    } else if (n6_usb.replying) {
        n6_usb.replying = false;
        (void)HAL_PCD_EP_Receive(&n6_usb_device, N6_USB_CONTROL_OUT, NULL, 0);
    }
}

void n6_usb_control_received(void)
{
    if (n6_usb.coding_comes) {
        n6_usb.coding_comes = false;
        memcpy(n6_usb.line_coding, n6_usb.coming, N6_USB_LINE_CODING_BYTES);
        agree();
    }
}
