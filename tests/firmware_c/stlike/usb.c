/* A USB controller as HAL_PCD shows it, and the computer at its other end, which does what steps.bin says (or what comes by
 * standard input, each step answered at once, where "-" is given). Each step is a byte, then what it needs; answers go to
 * answers.bin as length (32 bits) and bytes. What a device must never do (send on an
 * endpoint that is closed, answer more than was asked for, leave a request hanging) ends the program with a sentence.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "n6_config.h"
#include "n6_link.h"
#include "n6_usb.h"

enum { CONTROL = 1, RESET, SUSPEND, RESUME, DISCONNECT, OUT, IN, WRITE, LOOK, RANDOM, READY };
#define MOST 65536u
#define STALLED 0xFFFFFFFFu
#define ENDPOINTS 16u

typedef struct {
    int open, stalled, armed;
    uint16_t packet;
    uint8_t *data;
    uint32_t length, done;
} endpoint;

uint32_t mock_clocks;
static endpoint in[ENDPOINTS], out[ENDPOINTS];
static uint8_t memory[1u << 20], got[MOST];
static uint32_t rx_count, address_given, fifo_words, masked, started, queued;
static FILE *answers;

static void require(int what, const char *sentence)
{
    if (!what) {
        fprintf(stderr, "%s\n", sentence);
        exit(3);
    }
}

/* --- what the device calls --- */

static endpoint *of(uint8_t address)
{
    return (address & 0x80u) != 0u ? &in[address & 15u] : &out[address & 15u];
}

HAL_StatusTypeDef HAL_PCD_Init(PCD_HandleTypeDef *usb)
{
    require(usb->Init.dev_endpoints == 9u && usb->Init.dma_enable == 0u, "the device is set up otherwise");
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_Start(PCD_HandleTypeDef *usb)
{
    started = usb->Instance == USB1_OTG_HS;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCDEx_SetRxFiFo(PCD_HandleTypeDef *usb, uint16_t words)
{
    (void)usb;
    require(words >= 160u, "bulk data at high speed do not fit the receiving FIFO");
    fifo_words += words;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCDEx_SetTxFiFo(PCD_HandleTypeDef *usb, uint8_t fifo, uint16_t words)
{
    (void)usb;
    require(fifo != 1u || words * 4u >= 512u, "a packet does not fit its FIFO");
    fifo_words += words;
    require(fifo_words <= 1024u, "the FIFOs are larger than their memory");
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_SetAddress(PCD_HandleTypeDef *usb, uint8_t address)
{
    (void)usb;
    address_given = address;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_Open(PCD_HandleTypeDef *usb, uint8_t address, uint16_t packet, uint8_t type)
{
    (void)usb;
    require((address & 0x7Fu) != 0u || type == EP_TYPE_CTRL, "endpoint 0 is no control endpoint");
    memset(of(address), 0, sizeof(endpoint));
    of(address)->open = 1;
    of(address)->packet = packet;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_Close(PCD_HandleTypeDef *usb, uint8_t address)
{
    (void)usb;
    require(of(address)->open, "an endpoint is closed that is not open");
    memset(of(address), 0, sizeof(endpoint));
    return HAL_OK;
}

static HAL_StatusTypeDef arm(uint8_t address, uint8_t *data, uint32_t length)
{
    endpoint *e = of(address);
    require(e->open, "data on an endpoint that is not open");
    require(data != NULL || length == 0u, "bytes from nowhere");
    require((address & 0x7Fu) == 0u || !e->armed || (address & 0x80u) == 0u, "a transfer begins while another is under way");
    e->armed = 1;
    e->data = data;
    e->length = length;
    e->done = 0;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_Receive(PCD_HandleTypeDef *usb, uint8_t address, uint8_t *data, uint32_t length)
{
    (void)usb;
    return arm(address & 0x7Fu, data, length);
}

HAL_StatusTypeDef HAL_PCD_EP_Transmit(PCD_HandleTypeDef *usb, uint8_t address, uint8_t *data, uint32_t length)
{
    (void)usb;
    require((address & 0x7Fu) != 0u || length <= 64u, "more than a packet on endpoint 0");
    return arm(address | 0x80u, data, length);
}

HAL_StatusTypeDef HAL_PCD_EP_SetStall(PCD_HandleTypeDef *usb, uint8_t address)
{
    (void)usb;
    of(address)->stalled = 1;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_ClrStall(PCD_HandleTypeDef *usb, uint8_t address)
{
    (void)usb;
    of(address)->stalled = 0;
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_Flush(PCD_HandleTypeDef *usb, uint8_t address)
{
    (void)usb;
    of(address)->armed = 0;
    return HAL_OK;
}

uint32_t HAL_PCD_EP_GetRxCount(PCD_HandleTypeDef const *usb, uint8_t address)
{
    (void)usb;
    (void)address;
    return rx_count;
}

void HAL_NVIC_DisableIRQ(IRQn_Type interrupt)
{
    require(interrupt == USB1_OTG_HS_IRQn && !masked, "interrupts are masked twice");
    masked = 1;
}

void HAL_NVIC_EnableIRQ(IRQn_Type interrupt)
{
    require(interrupt == USB1_OTG_HS_IRQn && masked, "interrupts are enabled that were not masked");
    masked = 0;
}

uint32_t HAL_GetUIDw0(void)
{
    return 0x00260037u;
}

uint32_t HAL_GetUIDw1(void)
{
    return 0x33345119u;
}

uint32_t HAL_GetUIDw2(void)
{
    return 0x37363938u;
}

/* --- the computer --- */

static void hear(const uint8_t *data, size_t length)
{
    uint32_t count = (uint32_t)length;
    (void)fwrite(&count, 4, 1, answers);
    (void)fwrite(data, 1, length, answers);
}

/* Make a control request; returns how many bytes came (in `got`), or STALLED. */
static uint32_t control(const uint8_t setup[8], const uint8_t *data)
{
    uint32_t wanted = n6_u16(setup + 6), count = 0, packets;
    int last = 0;
    in[0].stalled = out[0].stalled = in[0].armed = out[0].armed = 0;
    memcpy(n6_usb_device.Setup, setup, 8);
    HAL_PCD_SetupStageCallback(&n6_usb_device);
    if (in[0].stalled) {
        return STALLED;
    }
    if ((setup[0] & 0x80u) != 0u && wanted > 0u) {
        for (packets = 0; !last; packets++) {
            require(in[0].armed && packets < 1100u, "a request is left hanging");
            require(count + in[0].length <= wanted, "more is answered than was asked for");
            if (in[0].length > 0u) {
                memcpy(got + count, in[0].data, in[0].length);
            }
            count += in[0].length;
            last = in[0].length < 64u || count == wanted;
            in[0].armed = 0;
            HAL_PCD_DataInStageCallback(&n6_usb_device, 0);
        }
        require(!in[0].armed, "more is sent than the end of an answer");
        require(out[0].armed && out[0].length == 0u, "the end of an answer is not expected");
        out[0].armed = 0;
        HAL_PCD_DataOutStageCallback(&n6_usb_device, 0);
        require(!in[0].armed, "the end of an answer is answered");
        return count;
    }
    if (wanted > 0u && (setup[0] & 0x80u) == 0u && !in[0].armed) {
        require(out[0].armed && out[0].length >= wanted, "a request with data has no room for them");
        memcpy(out[0].data, data, wanted);
        out[0].armed = 0;
        HAL_PCD_DataOutStageCallback(&n6_usb_device, 0);
    }
    require(in[0].armed && in[0].length == 0u, "a request is not confirmed");
    in[0].armed = 0;
    HAL_PCD_DataInStageCallback(&n6_usb_device, 0);
    return 0;
}

/* Fetch packets; returns how many bytes, each packet's length behind them as 16 bits. */
static uint32_t fetch(uint32_t packets, uint16_t *lengths, uint32_t *fetched)
{
    uint32_t count = 0;
    endpoint *e = &in[1];
    for (*fetched = 0; *fetched < packets && e->armed && !e->stalled; (*fetched)++) {
        uint32_t left = e->length - e->done, part = left < e->packet ? left : e->packet;
        require(count + part <= sizeof got, "too much to fetch");
        if (part > 0u) {
            memcpy(got + count, e->data + e->done, part);
        }
        count += part;
        lengths[*fetched] = (uint16_t)part;
        e->done += part;
        if (e->done == e->length) {
            e->armed = 0;
            HAL_PCD_DataInStageCallback(&n6_usb_device, 1);
        }
    }
    return count;
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void reset(uint8_t speed)
{
    uint32_t i;
    for (i = 0; i < ENDPOINTS; i++) { /* the controller forgets transfers, but not what is open */
        in[i].armed = out[i].armed = in[i].stalled = out[i].stalled = 0;
    }
    n6_usb_device.Init.speed = speed;
    HAL_PCD_ResetCallback(&n6_usb_device);
}

/* Random requests, most of them near real ones; everything in between happens as well. */
static void random_requests(uint32_t state, uint32_t count)
{
    static const uint8_t types[] = {0x00, 0x80, 0x01, 0x81, 0x02, 0x82, 0x21, 0xA1, 0x20, 0x40, 0xC0, 0x23};
    static const uint8_t requests[] = {0, 1, 3, 5, 6, 7, 8, 9, 10, 11, 0x20, 0x21, 0x22, 0x23};
    static const uint8_t real[][3] = {
        {0x80, 0, 2}, {0x00, 5, 0},  {0x80, 6, 255}, {0x80, 8, 1}, {0x00, 9, 0},     {0x81, 0, 2},     {0x81, 10, 1},
        {0x01, 11, 0}, {0x82, 0, 2}, {0x02, 1, 0},   {0x02, 3, 0}, {0x21, 0x20, 7},  {0xA1, 0x21, 7},  {0x21, 0x22, 0},
        {0x21, 0x23, 0}};
    uint8_t setup[8], data[8] = {0};
    uint16_t lengths[4];
    uint32_t i, k, stalls = 0, fetched;
    n6_port port = n6_link_port();
    for (i = 0; i < count; i++) {
        uint32_t dice = next_random(&state);
        for (k = 0; k < 8u; k++) {
            setup[k] = (uint8_t)(next_random(&state) >> 9);
        }
        if (dice % 8u != 0u) {
            setup[0] = types[(dice >> 3) % sizeof types];
            setup[1] = requests[(dice >> 8) % sizeof requests];
            setup[3] = (uint8_t)((dice >> 12) % 9u);
            setup[5] = (dice >> 16) % 4u != 0u ? 0u : setup[5];
            setup[7] = (setup[0] & 0x80u) != 0u ? setup[7] & 3u : 0u;
            setup[6] = (setup[0] & 0x80u) != 0u ? setup[6] : setup[1] == 0x20u || setup[6] % 8u == 0u ? 7u : 0u;
        } else if ((setup[0] & 0x80u) == 0u) {
            setup[7] = 0;
            setup[6] &= 7u;
        }
        if (dice % 8u > 2u) { /* a real one, but for its fields */
            memcpy(setup, real[(dice >> 20) % (sizeof real / sizeof real[0])], 2);
            setup[6] = real[(dice >> 20) % (sizeof real / sizeof real[0])][2];
            setup[7] = 0;
        }
        stalls += control(setup, data) == STALLED ? 1u : 0u;
        if (dice % 61u == 0u) {
            reset((dice >> 8) % 2u == 0u ? PCD_SPEED_HIGH : PCD_SPEED_FULL);
        } else if (dice % 67u == 0u) {
            HAL_PCD_SuspendCallback(&n6_usb_device);
        } else if (dice % 71u == 0u) {
            HAL_PCD_ResumeCallback(&n6_usb_device);
        } else if (dice % 3u == 0u) {
            (void)port.write(port.context, memory, next_random(&state) % 2000u + 1u);
            (void)fetch(dice % 4u, lengths, &fetched);
        }
    }
    require(stalls > count / 10u && stalls < count - count / 8u, "random requests are all alike");
}

static uint32_t number(FILE *steps)
{
    uint8_t bytes[4];
    require(fread(bytes, 1, 4, steps) == 4u, "a step is cut short");
    return n6_u32(bytes);
}

static void answer(const void *data, uint32_t length)
{
    (void)fwrite(&length, 4, 1, answers);
    if (length != STALLED) {
        (void)fwrite(data, 1, length, answers);
    }
}

static void step(int kind, FILE *steps)
{
    static uint16_t lengths[4096];
    uint8_t setup[8], data[4096], flags[8] = {0};
    uint32_t count, fetched;
    n6_port port = n6_link_port();
    switch (kind) {
    case CONTROL:
        require(fread(setup, 1, 8, steps) == 8u, "a step is cut short");
        count = (setup[0] & 0x80u) == 0u ? n6_u16(setup + 6) : 0u;
        require(count <= sizeof data && fread(data, 1, count, steps) == count, "a step is cut short");
        answer(got, control(setup, data));
        break;
    case RESET:
        reset((uint8_t)number(steps));
        break;
    case SUSPEND:
        HAL_PCD_SuspendCallback(&n6_usb_device);
        break;
    case RESUME:
        HAL_PCD_ResumeCallback(&n6_usb_device);
        break;
    case DISCONNECT:
        HAL_PCD_DisconnectCallback(&n6_usb_device);
        break;
    case OUT:
        rx_count = number(steps);
        require(rx_count <= sizeof data && fread(data, 1, rx_count, steps) == rx_count, "a step is cut short");
        require(out[1].armed && out[1].length >= rx_count, "nothing is received");
        memcpy(out[1].data, data, rx_count);
        out[1].armed = 0;
        HAL_PCD_DataOutStageCallback(&n6_usb_device, 1);
        break;
    case IN:
        count = fetch(number(steps), lengths, &fetched);
        answer(got, count);
        answer(lengths, fetched * 2u);
        break;
    case WRITE:
        count = number(steps);
        queued = port.idle(port.context) ? 0u : queued; /* nothing of it is needed any more */
        require(queued + count <= sizeof memory && fread(memory + queued, 1, count, steps) == count, "too much to write");
        flags[0] = port.write(port.context, memory + queued, count) == count ? 1u : 0u;
        queued += count;
        answer(flags, 1);
        break;
    case LOOK:
        flags[0] = n6_link_open() ? 1u : 0u;
        flags[1] = n6_link_connected() ? 1u : 0u;
        flags[2] = port.idle(port.context) ? 1u : 0u;
        flags[3] = (uint8_t)address_given;
        flags[4] = (uint8_t)in[1].packet;
        flags[5] = (uint8_t)(in[1].packet >> 8);
        answer(flags, 6);
        break;
    case READY:
        flags[0] = out[1].armed && !out[1].stalled ? 1u : 0u;
        flags[1] = in[1].armed && !in[1].stalled ? 1u : 0u;
        flags[2] = out[1].stalled ? 1u : 0u;
        flags[3] = in[1].stalled ? 1u : 0u;
        answer(flags, 4);
        break;
    case RANDOM:
        count = number(steps);
        random_requests(count, number(steps));
        break;
    default:
        require(0, "no such step");
        break;
    }
}

int main(int count, char **words)
{
    int live = count > 1 && strcmp(words[1], "-") == 0, kind;
    FILE *steps = live ? stdin : fopen("steps.bin", "rb");
    answers = live ? stdout : fopen("answers.bin", "wb");
    require(steps != NULL && answers != NULL, "no files");
    require(n6_link_start(hear) && started, "the device does not start");
    for (kind = fgetc(steps); kind != EOF; kind = fgetc(steps)) {
        step(kind, steps);
        if (live) {
            (void)fflush(answers);
        }
    }
    return fclose(answers);
}
