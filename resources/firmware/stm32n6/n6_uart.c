/* SPDX-License-Identifier: MIT
 *
 * The link over USART1, which both of ST's boards lead to the ST-LINK's serial port (PE5 sends, PE6 receives), by its
 * registers. A UART has no checksum: the stream protects its frames.
 */
#include "n6_config.h"
#include "n6_link.h"
#include "n6_queue.h"
#include "stm32n6xx_hal.h"

#define PRIORITY 7u    /* below the camera's and the NPU's */
#define WHEN_EMPTY 5u  /* tell when the FIFO has become empty */
#define ERRORS (USART_ICR_PECF | USART_ICR_FECF | USART_ICR_NECF | USART_ICR_ORECF)

static struct {
    n6_queue queue;
    n6_piece piece;
    size_t sent; /* of the piece */
    void (*received)(const uint8_t *data, size_t length);
} uart;

/* Whether there is something to send; the next piece where the last one is done. */
static bool more(void)
{
    while (uart.sent >= uart.piece.length) {
        uart.sent = 0;
        if (!n6_queue_get(&uart.queue, &uart.piece)) {
            uart.piece.length = 0;
            return false;
        }
    }
    return true;
}

static void send(void)
{
    while ((USART1->ISR & USART_ISR_TXE_TXFNF) != 0u) {
        if (!more()) {
            USART1->CR3 &= ~USART_CR3_TXFTIE;
            return;
        }
        USART1->TDR = uart.piece.data[uart.sent];
        uart.sent++;
    }
}

static void receive(void)
{
    USART1->ICR = ERRORS;
    while ((USART1->ISR & USART_ISR_RXNE_RXFNE) != 0u) {
        uint8_t byte = (uint8_t)USART1->RDR;
        uart.received(&byte, 1);
    }
}

void USART1_IRQHandler(void)
{
    receive();
    if ((USART1->CR3 & USART_CR3_TXFTIE) != 0u) {
        send();
    }
}

static size_t write(void *context, const uint8_t *data, size_t length)
{
    size_t taken = n6_queue_put(&uart.queue, data, length);
    (void)context;
    HAL_NVIC_DisableIRQ(USART1_IRQn);
    USART1->CR3 |= USART_CR3_TXFTIE;
    HAL_NVIC_EnableIRQ(USART1_IRQn);
    return taken;
}

static bool idle(void *context)
{
    (void)context;
    return (USART1->CR3 & USART_CR3_TXFTIE) == 0u;
}

bool n6_link_start(void (*received)(const uint8_t *data, size_t length))
{
    GPIO_InitTypeDef pins = {0};
    uint32_t clock;
    uart.received = received;
    __HAL_RCC_USART1_CLK_ENABLE();
    __HAL_RCC_USART1_CLK_SLEEP_ENABLE();
    __HAL_RCC_GPIOE_CLK_ENABLE();
    pins.Pin = GPIO_PIN_5 | GPIO_PIN_6;
    pins.Mode = GPIO_MODE_AF_PP;
    pins.Pull = GPIO_PULLUP;
    pins.Speed = GPIO_SPEED_FREQ_HIGH;
    pins.Alternate = GPIO_AF7_USART1;
    HAL_GPIO_Init(GPIOE, &pins);
    clock = HAL_RCCEx_GetPeriphCLKFreq(RCC_PERIPHCLK_USART1);
    if (clock < 16u * N6_UART_BAUD) {
        return false;
    }
    USART1->CR1 = 0;
    USART1->CR2 = 0;
    USART1->CR3 = WHEN_EMPTY << USART_CR3_TXFTCFG_Pos;
    USART1->PRESC = 0;
    USART1->BRR = (clock + N6_UART_BAUD / 2u) / N6_UART_BAUD;
    USART1->CR1 = USART_CR1_FIFOEN | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE_RXFNEIE | USART_CR1_UE;
    HAL_NVIC_SetPriority(USART1_IRQn, PRIORITY, 0);
    HAL_NVIC_EnableIRQ(USART1_IRQn);
    return true;
}

n6_port n6_link_port(void)
{
    n6_port port = {NULL, write, idle};
    return port;
}

bool n6_link_open(void)
{
    return true;
}

bool n6_link_connected(void)
{
    return false;
}

const char *n6_link_name(void)
{
    return "UART";
}
