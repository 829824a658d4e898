/* A HAL that does nothing, for trees that are only built. Unused parameters are no mistake here. */
#include "stm32n6xx_hal.h"

SysTick_Type mock_systick;
SCB_Type mock_scb;
uint32_t mock_clocks, mock_phy;

USART_TypeDef *mock_usart(void)
{
    static USART_TypeDef registers;
    return &registers;
}

uint32_t HAL_GetTick(void)
{
    return 0;
}

void HAL_NVIC_SetPriority(IRQn_Type interrupt, uint32_t priority, uint32_t sub)
{
}

void HAL_NVIC_EnableIRQ(IRQn_Type interrupt)
{
}

void HAL_NVIC_DisableIRQ(IRQn_Type interrupt)
{
}

void SCB_InvalidateDCache_by_Addr(volatile void *address, int32_t size)
{
}

void SCB_CleanDCache_by_Addr(volatile void *address, int32_t size)
{
}

uint32_t HAL_GetUIDw0(void)
{
    return 0;
}

uint32_t HAL_GetUIDw1(void)
{
    return 0;
}

uint32_t HAL_GetUIDw2(void)
{
    return 0;
}

HAL_StatusTypeDef HAL_DCMIPP_PIPE_SetCropConfig(DCMIPP_HandleTypeDef *camera, uint32_t pipe, const DCMIPP_CropConfTypeDef *crop)
{
    return HAL_OK;
}

void HAL_DCMIPP_IRQHandler(DCMIPP_HandleTypeDef *camera)
{
}

void HAL_GPIO_Init(void *port, const GPIO_InitTypeDef *pins)
{
}

uint32_t HAL_RCCEx_GetPeriphCLKFreq(uint64_t clock)
{
    return 0;
}

HAL_StatusTypeDef HAL_PCD_Init(PCD_HandleTypeDef *usb)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_Start(PCD_HandleTypeDef *usb)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCDEx_SetRxFiFo(PCD_HandleTypeDef *usb, uint16_t words)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCDEx_SetTxFiFo(PCD_HandleTypeDef *usb, uint8_t fifo, uint16_t words)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_SetAddress(PCD_HandleTypeDef *usb, uint8_t address)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_Open(PCD_HandleTypeDef *usb, uint8_t address, uint16_t packet, uint8_t type)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_Close(PCD_HandleTypeDef *usb, uint8_t address)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_Receive(PCD_HandleTypeDef *usb, uint8_t address, uint8_t *data, uint32_t length)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_Transmit(PCD_HandleTypeDef *usb, uint8_t address, uint8_t *data, uint32_t length)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_SetStall(PCD_HandleTypeDef *usb, uint8_t address)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_ClrStall(PCD_HandleTypeDef *usb, uint8_t address)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_PCD_EP_Flush(PCD_HandleTypeDef *usb, uint8_t address)
{
    return HAL_OK;
}

uint32_t HAL_PCD_EP_GetRxCount(PCD_HandleTypeDef const *usb, uint8_t address)
{
    return 0;
}

HAL_StatusTypeDef HAL_RCC_OscConfig(const RCC_OscInitTypeDef *oscillator)
{
    return HAL_OK;
}

void HAL_PWREx_EnableVddUSBVMEN(void)
{
}

void HAL_PWREx_EnableVddUSB(void)
{
}

void HAL_RIF_RIMC_ConfigMasterAttributes(uint32_t master, const RIMC_MasterConfig_t *attributes)
{
}

void HAL_RIF_RISC_SetSlaveSecureAttributes(uint32_t slave, uint32_t attributes)
{
}

void HAL_PCD_IRQHandler(PCD_HandleTypeDef *usb)
{
}

HAL_StatusTypeDef HAL_JPEG_Init(JPEG_HandleTypeDef *jpeg)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_JPEG_DeInit(JPEG_HandleTypeDef *jpeg)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_JPEG_ConfigEncoding(JPEG_HandleTypeDef *jpeg, const JPEG_ConfTypeDef *settings)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_JPEG_Encode(JPEG_HandleTypeDef *jpeg, uint8_t *mcus, uint32_t length, uint8_t *out, uint32_t room, uint32_t milliseconds)
{
    return HAL_OK;
}

HAL_StatusTypeDef HAL_JPEG_Abort(JPEG_HandleTypeDef *jpeg)
{
    return HAL_OK;
}

void HAL_JPEG_ConfigInputBuffer(JPEG_HandleTypeDef *jpeg, uint8_t *mcus, uint32_t length)
{
}
