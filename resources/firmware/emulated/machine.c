/* SPDX-License-Identifier: MIT
 *
 * See machine.h. QEMU runs with -no-reboot, so a reset that the board itself asks for ends it.
 */
#include "machine.h"

#include <stddef.h>
#include <string.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define CPACR REGISTER(0xE000ED88u)
#define AIRCR REGISTER(0xE000ED0Cu)
#define RESET_REQUEST 0x05FA0004u
#define SYST_CSR REGISTER(0xE000E010u)
#define SYST_RVR REGISTER(0xE000E014u)
#define SYST_CVR REGISTER(0xE000E018u)
#define TEN_MILLISECONDS 320000u /* of the core's 32 MHz */
#define ENABLE_INTERRUPTS 0xE000E100u
#define INTERRUPT_WORDS 4u

#define BELL_DATA REGISTER(0x49304000u) /* UART 1 */
#define BELL_STATE REGISTER(0x49304004u)
#define BELL_CONTROL REGISTER(0x49304008u)
#define BELL_CLEAR REGISTER(0x4930400Cu)
#define BELL_DIVIDER REGISTER(0x49304010u)
#define BELL_FULL_OUT 1u
#define BELL_FULL_IN 2u

#define COUNTER REGISTER(0x49302018u)
#define COUNTER_PRESCALE REGISTER(0x4930201Cu)
#define PER_MICROSECOND 20u

#define VECTORS 128u

extern uint32_t stack_top[], bss_start[], bss_end[], data_start[], data_end[];
extern const uint32_t data_stored[];
extern int main(void);

static volatile bool rung;

void start(void);

__attribute__((noinline, noreturn)) static void start_with_stack(void)
{
    CPACR |= 0xFu << 20; /* floating point and Helium */
    __asm__ volatile("dsb\n isb");
    memset(bss_start, 0, (size_t)((uint8_t *)bss_end - (uint8_t *)bss_start));
    memcpy(data_start, data_stored, (size_t)((uint8_t *)data_end - (uint8_t *)data_start));
    (void)main();
    machine_power_off();
}

__attribute__((naked, noreturn)) void start(void)
{
    __asm__ volatile("cpsid i\n ldr r0, =stack_top\n msr msp, r0\n b %0" : : "i"(start_with_stack));
}

static void interrupt(void)
{
    while ((BELL_STATE & BELL_FULL_IN) != 0u) {
        (void)BELL_DATA;
        rung = true;
    }
    BELL_CLEAR = 3;
}

static void fault(void)
{
    machine_power_off();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[VECTORS])(void) = {
    (void (*)(void))stack_top, start, fault, fault, fault, fault, fault, fault, NULL, NULL, NULL, fault, fault, NULL,
    fault, interrupt, [16 ... VECTORS - 1u] = interrupt};

void machine_start(void)
{
    uint32_t i;
    COUNTER_PRESCALE = PER_MICROSECOND - 1u;
    BELL_DIVIDER = 16;
    BELL_CONTROL = 3u | 8u; /* both directions, and an interrupt for what comes */
    for (i = 0; i < INTERRUPT_WORDS; i++) {
        REGISTER(ENABLE_INTERRUPTS + 4u * i) = 0xFFFFFFFFu;
    }
    SYST_RVR = TEN_MILLISECONDS - 1u;
    SYST_CVR = 0;
    SYST_CSR = 7;
    __asm__ volatile("cpsie i");
}

uint64_t machine_microseconds(void)
{
    static uint32_t last, turns;
    uint32_t now = COUNTER;
    turns += now < last ? 1u : 0u;
    last = now;
    return ((uint64_t)turns << 32) | now;
}

void machine_ring(void)
{
    __asm__ volatile("dsb");
    if ((BELL_STATE & BELL_FULL_OUT) == 0u) { /* else it has been rung and nobody has looked yet */
        BELL_DATA = (uint32_t)'!';
    }
}

void machine_sleep(void)
{
    __asm__ volatile("cpsid i");
    if (!rung) {
        __asm__ volatile("dsb\n wfi");
    }
    __asm__ volatile("cpsie i\n isb\n cpsid i");
    rung = false;
    __asm__ volatile("cpsie i");
}

void machine_restart(void)
{
    SYST_CSR = 0;
    start();
}

void machine_power_off(void)
{
    __asm__ volatile("dsb");
    AIRCR = RESET_REQUEST;
    for (;;) {
    }
}
