/* A UART with FIFOs of 16 bytes whose time passes with every access, and a wire behind it. Usage: uart BAUD_OK. Reads pieces
 * from pieces.bin (length, 32 bits little endian, then bytes), queues them as a stream would, and writes what came out of the
 * wire to wire.bin; says.bin goes in from the other side, and what the link received to heard.bin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "n6_config.h"
#include "n6_link.h"
#include "stm32n6xx_hal.h"

#define FIFO 16u
#define ACCESSES_PER_BYTE 7u
#define MOST (1u << 20)

static USART_TypeDef registers;
static uint8_t transmit[FIFO], memory[MOST], says[4096];
static uint32_t waiting, accesses, said, to_say, masked, enabled;
static FILE *wire, *heard;
uint32_t mock_clocks;
static GPIO_InitTypeDef pins_given;
static uint32_t clock_given = 200000000u;

void HAL_GPIO_Init(void *port, const GPIO_InitTypeDef *pins)
{
    if (port == GPIOE) {
        pins_given = *pins;
    }
}

uint32_t HAL_RCCEx_GetPeriphCLKFreq(uint64_t clock)
{
    return clock == RCC_PERIPHCLK_USART1 ? clock_given : 0u;
}

void HAL_NVIC_SetPriority(IRQn_Type interrupt, uint32_t priority, uint32_t sub)
{
    (void)interrupt;
    (void)priority;
    (void)sub;
}

void HAL_NVIC_EnableIRQ(IRQn_Type interrupt)
{
    enabled = interrupt == USART1_IRQn;
    masked = 0;
}

void HAL_NVIC_DisableIRQ(IRQn_Type interrupt)
{
    masked = interrupt == USART1_IRQn;
}

/* What was written to TDR is in the FIFO from the next access on; a FIFO that is full when more comes is the firmware's fault. */
#define NOTHING 0xFFFFFFFFu

USART_TypeDef *mock_usart(void)
{
    if (registers.TDR != NOTHING) {
        if (waiting == FIFO || (registers.CR1 & (USART_CR1_UE | USART_CR1_TE)) != (USART_CR1_UE | USART_CR1_TE)) {
            fprintf(stderr, "a byte was written where none can be taken\n");
            exit(3);
        }
        transmit[waiting] = (uint8_t)registers.TDR;
        waiting++;
        registers.TDR = NOTHING;
    }
    accesses++;
    if (accesses % ACCESSES_PER_BYTE == 0u && waiting > 0u) {
        (void)fwrite(transmit, 1, 1, wire);
        memmove(transmit, transmit + 1, waiting - 1u);
        waiting--;
    }
    registers.ISR = (waiting < FIFO ? USART_ISR_TXE_TXFNF : 0u) | (said < to_say ? USART_ISR_RXNE_RXFNE : 0u);
    if (said < to_say) {
        registers.RDR = says[said];
    }
    return &registers;
}

static void hear(const uint8_t *data, size_t length)
{
    (void)fwrite(data, 1, length, heard);
    said++; /* it was read from RDR */
}

static void interrupts(void)
{
    (void)mock_usart();
    if (!enabled || masked) {
        return;
    }
    if ((registers.CR3 & USART_CR3_TXFTIE) != 0u && waiting == 0u) {
        USART1_IRQHandler();
    } else if ((registers.CR1 & USART_CR1_RXNEIE_RXFNEIE) != 0u && said < to_say) {
        USART1_IRQHandler();
    }
}

int main(int argc, char **argv)
{
    FILE *pieces = fopen("pieces.bin", "rb"), *others = fopen("says.bin", "rb");
    n6_port port;
    size_t at = 0, refused = 0;
    uint8_t head[4];
    wire = fopen("wire.bin", "wb");
    heard = fopen("heard.bin", "wb");
    if (pieces == NULL || others == NULL || wire == NULL || heard == NULL || argc < 2) {
        return 2;
    }
    registers.TDR = NOTHING;
    clock_given = (uint32_t)atoi(argv[1]);
    to_say = (uint32_t)fread(says, 1, sizeof says, others);
    if (!n6_link_start(hear)) {
        return 4;
    }
    printf("%u %u %u\n", (unsigned)registers.BRR, (unsigned)pins_given.Pin, (unsigned)mock_clocks);
    port = n6_link_port();
    while (fread(head, 1, 4, pieces) == 4u) {
        size_t length = n6_u32(head);
        if (fread(memory + at, 1, length, pieces) != length) {
            return 2;
        }
        while (port.write(port.context, memory + at, length) == 0u) {
            refused++;
            interrupts();
        }
        at += length;
    }
    while (!port.idle(port.context) || said < to_say) {
        interrupts();
    }
    for (; waiting > 0u;) {
        (void)mock_usart();
    }
    printf("%u %d %d\n", (unsigned)refused, (int)n6_link_open(), (int)n6_link_connected());
    return fclose(wire) + fclose(heard);
}
