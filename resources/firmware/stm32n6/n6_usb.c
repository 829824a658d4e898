/* SPDX-License-Identifier: MIT
 *
 * The link over USB: a serial port (CDC ACM) on ST's HAL_PCD, at high or full speed, without DMA. Every desktop system has
 * the driver for it.
 *
 * All but n6_link_* runs in the USB interrupt. Endpoint 1 carries the bytes both ways; endpoint 2 belongs to the class and
 * never says anything. Line coding is kept and told, and changes nothing: USB has no baud rate.
 */
#include "n6_usb.h"

#include <string.h>

#include "n6_config.h"
#include "n6_link.h"
#include "n6_queue.h"

#define CONTROL_IN 0x80u
#define CONTROL_OUT 0x00u
#define ENDPOINTS 3u /* numbers 0 to 2 */

/* Words of the FIFO memory, 1024 in all. Receiving at high speed needs more than 160. */
#define RECEIVE_WORDS 256u
#define CONTROL_WORDS 32u
#define DATA_WORDS 512u
#define NOTIFY_WORDS 16u

enum { GET_STATUS = 0, CLEAR_FEATURE, SET_FEATURE = 3, SET_ADDRESS = 5, GET_DESCRIPTOR, GET_CONFIGURATION = 8,
       SET_CONFIGURATION, GET_INTERFACE, SET_INTERFACE };
enum { SET_LINE_CODING = 0x20, GET_LINE_CODING, SET_CONTROL_LINE_STATE, SEND_BREAK };
#define LINE_CODING_BYTES 7u

typedef struct {
    uint8_t type, request;
    uint16_t value, index, length;
} setup_packet;

PCD_HandleTypeDef n6_usb_device;

static struct {
    n6_queue queue;
    void (*received)(const uint8_t *data, size_t length);
    volatile bool configured, listening, suspended, connected;
    volatile bool sending; /* a piece or an empty packet is on its way */
    bool whole_packets;    /* the last piece ended with a full packet */
    uint16_t packet;       /* of the data endpoints */
    uint8_t halted;        /* bits: IN endpoints 0 to 2, then OUT */
    uint8_t line_coding[LINE_CODING_BYTES];
    /* the control transfer that is under way */
    const uint8_t *reply;
    uint16_t left;
    bool empty_packet; /* the reply is shorter than wanted, and ends with a full packet */
    bool replying;     /* data go to the computer, which then confirms them */
    bool coding_comes; /* the line coding is on its way */
    uint8_t control[N6_USB_LONGEST_DESCRIPTOR];
    uint8_t coming[LINE_CODING_BYTES];
    uint8_t out[N6_USB_HIGH_PACKET];
} usb;

/* --- control transfers --- */

static void refuse(void)
{
    (void)HAL_PCD_EP_SetStall(&n6_usb_device, CONTROL_IN);
    (void)HAL_PCD_EP_SetStall(&n6_usb_device, CONTROL_OUT);
}

/* End a request that has nothing to tell. */
static void agree(void)
{
    usb.left = 0;
    usb.empty_packet = false;
    usb.replying = false;
    (void)HAL_PCD_EP_Transmit(&n6_usb_device, CONTROL_IN, NULL, 0);
}

static void send_control(void)
{
    uint16_t count = usb.left < N6_USB_CONTROL_PACKET ? usb.left : (uint16_t)N6_USB_CONTROL_PACKET;
    const uint8_t *from = usb.reply;
    usb.reply += count;
    usb.left = (uint16_t)(usb.left - count);
    (void)HAL_PCD_EP_Transmit(&n6_usb_device, CONTROL_IN, (uint8_t *)(uintptr_t)from, count);
}

static void answer(const setup_packet *setup, const uint8_t *data, uint16_t length)
{
    usb.reply = data;
    usb.replying = setup->length > 0u;
    usb.left = length < setup->length ? length : setup->length;
    usb.empty_packet = usb.left < setup->length && usb.left > 0u && usb.left % N6_USB_CONTROL_PACKET == 0u;
    send_control();
}

static void answer_byte(const setup_packet *setup, uint8_t first, uint16_t length)
{
    usb.control[0] = first;
    usb.control[1] = 0;
    answer(setup, usb.control, length);
}

static void give_descriptor(const setup_packet *setup)
{
    bool high = n6_usb_device.Init.speed == PCD_SPEED_HIGH;
    uint16_t length = n6_usb_describe((uint8_t)(setup->value >> 8), (uint8_t)setup->value, high, usb.control);
    if (length > 0u) {
        answer(setup, usb.control, length);
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

static void close_data(void)
{
    if (usb.configured) {
        (void)HAL_PCD_EP_Close(&n6_usb_device, N6_USB_DATA_IN);
        (void)HAL_PCD_EP_Close(&n6_usb_device, N6_USB_DATA_OUT);
        (void)HAL_PCD_EP_Close(&n6_usb_device, N6_USB_NOTIFY_IN);
    }
    usb.configured = false;
    usb.listening = false;
    usb.sending = false;
    usb.whole_packets = false;
    usb.halted = 0;
    usb.queue.out = usb.queue.in; /* nobody will fetch what was queued */
}

static void open_data(void)
{
    bool high = n6_usb_device.Init.speed == PCD_SPEED_HIGH;
    usb.packet = high ? N6_USB_HIGH_PACKET : N6_USB_FULL_PACKET;
    (void)HAL_PCD_EP_Open(&n6_usb_device, N6_USB_DATA_IN, usb.packet, EP_TYPE_BULK);
    (void)HAL_PCD_EP_Open(&n6_usb_device, N6_USB_DATA_OUT, usb.packet, EP_TYPE_BULK);
    (void)HAL_PCD_EP_Open(&n6_usb_device, N6_USB_NOTIFY_IN, N6_USB_NOTIFY_PACKET, EP_TYPE_INTR);
    usb.configured = true;
    (void)HAL_PCD_EP_Receive(&n6_usb_device, N6_USB_DATA_OUT, usb.out, usb.packet);
}

static void configure(uint16_t value)
{
    if (value > 1u) {
        refuse();
        return;
    }
    close_data();
    if (value == 1u) {
        open_data();
    }
    agree();
}

static void send_next(void);

/* What was under way when an endpoint was halted is lost; begin with the next. */
static void resume_data(uint8_t address)
{
    if (address == N6_USB_DATA_OUT) {
        (void)HAL_PCD_EP_Receive(&n6_usb_device, N6_USB_DATA_OUT, usb.out, usb.packet);
    } else if (address == N6_USB_DATA_IN && usb.sending) {
        (void)HAL_PCD_EP_Flush(&n6_usb_device, N6_USB_DATA_IN);
        send_next();
    }
}

static void change_halt(const setup_packet *setup)
{
    uint8_t address = (uint8_t)setup->index, bit = halt_bit(setup->index);
    if (setup->value != 0u || bit == 0u || (!usb.configured && (address & 0x7Fu) != 0u)) {
        refuse();
        return;
    }
    if ((address & 0x7Fu) != 0u) {
        if (setup->request == SET_FEATURE) {
            (void)HAL_PCD_EP_SetStall(&n6_usb_device, address);
            usb.halted |= bit;
        } else {
            (void)HAL_PCD_EP_ClrStall(&n6_usb_device, address);
            if ((usb.halted & bit) != 0u) {
                usb.halted &= (uint8_t)~bit;
                resume_data(address);
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
        answer_byte(setup, usb.configured ? 1 : 0, 1);
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
    if (setup->index >= N6_USB_INTERFACES || !usb.configured) {
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
        answer_byte(setup, (usb.halted & bit) != 0u ? 1 : 0, 2);
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
        if (setup->length == LINE_CODING_BYTES) {
            usb.coding_comes = true;
            (void)HAL_PCD_EP_Receive(&n6_usb_device, CONTROL_OUT, usb.coming, LINE_CODING_BYTES);
        } else {
            refuse();
        }
        break;
    case GET_LINE_CODING:
        answer(setup, usb.line_coding, LINE_CODING_BYTES);
        break;
    case SET_CONTROL_LINE_STATE:
        usb.connected = usb.connected || (listening && !usb.listening);
        usb.listening = listening;
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
    usb.left = 0;
    usb.empty_packet = false;
    usb.coding_comes = false;
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

/* --- data --- */

/* Send the next piece; behind the last one an empty packet, where the computer cannot know that it was the last. */
static void send_next(void)
{
    n6_piece piece;
    if (n6_queue_get(&usb.queue, &piece)) {
        usb.sending = true;
        usb.whole_packets = piece.length % usb.packet == 0u;
        (void)HAL_PCD_EP_Transmit(&n6_usb_device, N6_USB_DATA_IN, (uint8_t *)(uintptr_t)piece.data, (uint32_t)piece.length);
    } else if (usb.whole_packets) {
        usb.whole_packets = false;
        (void)HAL_PCD_EP_Transmit(&n6_usb_device, N6_USB_DATA_IN, NULL, 0);
    } else {
        usb.sending = false;
    }
}

void HAL_PCD_DataInStageCallback(PCD_HandleTypeDef *hpcd, uint8_t number)
{
    (void)hpcd;
    if (number == (N6_USB_DATA_IN & 0x7Fu)) {
        if (usb.configured && usb.sending) {
            send_next();
        }
    } else if (number == 0u) {
        if (usb.left > 0u) {
            send_control();
        } else if (usb.empty_packet) {
            usb.empty_packet = false;
            (void)HAL_PCD_EP_Transmit(&n6_usb_device, CONTROL_IN, NULL, 0);
        } else if (usb.replying) {
            usb.replying = false;
            (void)HAL_PCD_EP_Receive(&n6_usb_device, CONTROL_OUT, NULL, 0);
        }
    }
}

void HAL_PCD_DataOutStageCallback(PCD_HandleTypeDef *hpcd, uint8_t number)
{
    if (number == N6_USB_DATA_OUT && usb.configured) {
        uint32_t count = HAL_PCD_EP_GetRxCount(hpcd, N6_USB_DATA_OUT);
        usb.received(usb.out, count < usb.packet ? count : usb.packet);
        (void)HAL_PCD_EP_Receive(hpcd, N6_USB_DATA_OUT, usb.out, usb.packet);
    } else if (number == 0u && usb.coding_comes) {
        usb.coding_comes = false;
        memcpy(usb.line_coding, usb.coming, LINE_CODING_BYTES);
        agree();
    }
}

void HAL_PCD_ResetCallback(PCD_HandleTypeDef *hpcd)
{
    close_data();
    usb.suspended = false;
    usb.left = 0;
    usb.empty_packet = false;
    usb.coding_comes = false;
    (void)HAL_PCD_EP_Open(hpcd, CONTROL_OUT, N6_USB_CONTROL_PACKET, EP_TYPE_CTRL);
    (void)HAL_PCD_EP_Open(hpcd, CONTROL_IN, N6_USB_CONTROL_PACKET, EP_TYPE_CTRL);
}

void HAL_PCD_SuspendCallback(PCD_HandleTypeDef *hpcd)
{
    (void)hpcd;
    usb.suspended = true;
}

void HAL_PCD_ResumeCallback(PCD_HandleTypeDef *hpcd)
{
    (void)hpcd;
    usb.suspended = false;
}

void HAL_PCD_DisconnectCallback(PCD_HandleTypeDef *hpcd)
{
    (void)hpcd;
    close_data();
}

/* --- the link --- */

static size_t write(void *context, const uint8_t *data, size_t length)
{
    size_t taken = length; /* what nobody listens to is let go */
    (void)context;
    HAL_NVIC_DisableIRQ(USB1_OTG_HS_IRQn);
    if (usb.configured && usb.listening) {
        taken = n6_queue_put(&usb.queue, data, length);
        if (!usb.sending) {
            send_next();
        }
    }
    HAL_NVIC_EnableIRQ(USB1_OTG_HS_IRQn);
    return taken;
}

static bool idle(void *context)
{
    (void)context;
    return !usb.sending && n6_queue_empty(&usb.queue);
}

bool n6_link_start(void (*received)(const uint8_t *data, size_t length))
{
    static const uint8_t coding[LINE_CODING_BYTES] = {0x00, 0x10, 0x0E, 0x00, 0, 0, 8}; /* 921 600 8N1 */
    USB_OTG_CfgTypeDef *init = &n6_usb_device.Init;
    memset(&usb, 0, sizeof usb);
    memcpy(usb.line_coding, coding, sizeof coding);
    usb.received = received;
    usb.packet = N6_USB_HIGH_PACKET;
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
    return usb.configured && usb.listening && !usb.suspended;
}

bool n6_link_connected(void)
{
    bool connected = usb.connected;
    usb.connected = false;
    return connected;
}
