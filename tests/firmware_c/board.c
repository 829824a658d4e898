/* Start-up for QEMU's mps3-an547, a Cortex-M55 with Helium: the first instructions, and the counting of instructions.
 *
 * With -icount shift=0 an instruction takes a nanosecond, and the SysTick timer runs at 32 MHz, so a tick is 31.25
 * instructions.
 */
#include "harness.h"

#include <string.h>

#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define LONGEST 0x00FFFFFFu

extern uint32_t stack_top[], bss_start[], bss_end[];
extern void initialise_monitor_handles(void);
extern int main(void);
extern void exit(int status) __attribute__((noreturn));
extern void _exit(int status) __attribute__((noreturn));

void start(void);

void start(void)
{
    CPACR |= 0xFu << 20; /* floating point and Helium */
    __asm__ volatile("dsb\n isb");
    memset(bss_start, 0, (size_t)((uint8_t *)bss_end - (uint8_t *)bss_start));
    initialise_monitor_handles();
    exit(main());
}

static void fault(void)
{
    _exit(99);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_top, start, fault, fault, fault, fault, fault, fault, 0, 0, 0, fault, fault, 0, fault, fault};

void _init(void)
{
}

void _fini(void)
{
}

void start_counting(void)
{
    SYST_RVR = LONGEST;
    SYST_CVR = 0;
    SYST_CSR = 5;
}

/* At most 524 million instructions lie between two looks. */
uint32_t ticks(void)
{
    static uint32_t last, total;
    uint32_t now = LONGEST - SYST_CVR;
    total += (now - last) & LONGEST;
    last = now;
    return (uint32_t)((uint64_t)total * 125u / 4u);
}
