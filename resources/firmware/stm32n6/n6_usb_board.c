/* SPDX-License-Identifier: MIT
 *
 * Power, clocks, PHY and interrupt of USB1 on an STM32N6; see n6_usb.c. Clocks run on while the core sleeps, since it does
 * so while the NPU works.
 */
#include "n6_usb.h"

#define HSE_HALF_24_MHZ 2u /* FSEL of the PHY: its reference is 24 MHz */
#define FSEL_POS 4u
#define FSEL_MASK 7u
#define TRIES 1000000u

void HAL_PCD_MspInit(PCD_HandleTypeDef *hpcd)
{
    RIMC_MasterConfig_t master = {0};
    RCC_OscInitTypeDef oscillator = {0};
    uint32_t tries = TRIES;
    (void)hpcd;
    oscillator.OscillatorType = RCC_OSCILLATORTYPE_HSE;
    oscillator.HSEState = RCC_HSE_ON;
    (void)HAL_RCC_OscConfig(&oscillator);

    __HAL_RCC_PWR_CLK_ENABLE();
    __HAL_RCC_PWR_CLK_SLEEP_ENABLE();
    HAL_PWREx_EnableVddUSBVMEN();
    while (__HAL_PWR_GET_FLAG(PWR_FLAG_USB33RDY) == 0U && tries > 0u) {
        tries--;
    }
    HAL_PWREx_EnableVddUSB();

    master.MasterCID = RIF_CID_1;
    master.SecPriv = RIF_ATTRIBUTE_SEC | RIF_ATTRIBUTE_PRIV;
    HAL_RIF_RIMC_ConfigMasterAttributes(RIF_MASTER_INDEX_OTG1, &master);
    HAL_RIF_RISC_SetSlaveSecureAttributes(RIF_RISC_PERIPH_INDEX_OTG1HS, RIF_ATTRIBUTE_SEC | RIF_ATTRIBUTE_PRIV);

    __HAL_RCC_USB1_OTG_HS_CLK_ENABLE();
    __HAL_RCC_USB1_OTG_HS_CLK_SLEEP_ENABLE();
    USB1_HS_PHYC->USBPHYC_CR &= ~(FSEL_MASK << FSEL_POS);
    USB1_HS_PHYC->USBPHYC_CR |= HSE_HALF_24_MHZ << FSEL_POS;
    __HAL_RCC_USB1_OTG_HS_PHY_CLK_ENABLE();
    __HAL_RCC_USB1_OTG_HS_PHY_CLK_SLEEP_ENABLE();

    HAL_NVIC_SetPriority(USB1_OTG_HS_IRQn, N6_USB_PRIORITY, 0U);
    HAL_NVIC_EnableIRQ(USB1_OTG_HS_IRQn);
}

void USB1_OTG_HS_IRQHandler(void)
{
    HAL_PCD_IRQHandler(&n6_usb_device);
}
