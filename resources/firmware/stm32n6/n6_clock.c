/* SPDX-License-Identifier: MIT
 *
 * See n6_clock.h. With N6_TICK_ONLY (a real-time system has SysTick) the clock goes in milliseconds.
 */
#include "n6_clock.h"

#include "n6_config.h"
#include "stm32n6xx_hal.h"

#define THOUSAND 1000u

#ifdef N6_TICK_ONLY
n6_moment n6_clock_moment(void)
{
    n6_moment moment;
    moment.milliseconds = HAL_GetTick();
    moment.microseconds = 0;
    return moment;
}
#else
n6_moment n6_clock_moment(void)
{
    n6_moment moment;
    uint32_t value, load, waiting;
    do {
        moment.milliseconds = HAL_GetTick();
        value = SysTick->VAL;
        waiting = SCB->ICSR & SCB_ICSR_PENDSTSET_Msk;
    } while (moment.milliseconds != HAL_GetTick());
    load = SysTick->LOAD + 1u;
    if (waiting != 0u && value > load / 2u) { /* it has begun anew, and its interrupt has not been served yet */
        moment.milliseconds++;
    }
    moment.microseconds = (uint32_t)((uint64_t)(load - 1u - value) * THOUSAND / load);
    return moment;
}
#endif

/* Milliseconds since power-up, and those of a moment before it. */
static uint64_t extended(uint32_t now)
{
    static uint64_t total;
    static uint32_t last;
    total += now - last;
    last = now;
    return total;
}

uint64_t n6_clock_now(void)
{
    n6_moment moment = n6_clock_moment();
    return extended(moment.milliseconds) * THOUSAND + moment.microseconds;
}

uint64_t n6_clock_of(n6_moment moment)
{
    uint32_t now = n6_clock_moment().milliseconds;
    return (extended(now) - (now - moment.milliseconds)) * THOUSAND + moment.microseconds;
}
