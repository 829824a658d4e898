/* Stands in for ST's HAL in tests: as much as the firmware's port to the STM32N6 calls, with the same names and arguments. */
#ifndef STM32N6XX_HAL_H
#define STM32N6XX_HAL_H

#include <stddef.h>
#include <stdint.h>

typedef enum { HAL_OK = 0, HAL_ERROR, HAL_BUSY, HAL_TIMEOUT } HAL_StatusTypeDef;

/* --- core --- */

typedef struct {
    volatile uint32_t LOAD, VAL;
} SysTick_Type;
typedef struct {
    volatile uint32_t ICSR;
} SCB_Type;
extern SysTick_Type mock_systick;
extern SCB_Type mock_scb;
#define SysTick (&mock_systick)
#define SCB (&mock_scb)
#define SCB_ICSR_PENDSTSET_Msk (1u << 26)

typedef enum { USART1_IRQn = 1, USB1_OTG_HS_IRQn } IRQn_Type;
uint32_t HAL_GetTick(void);
void HAL_NVIC_SetPriority(IRQn_Type interrupt, uint32_t priority, uint32_t sub);
void HAL_NVIC_EnableIRQ(IRQn_Type interrupt);
void HAL_NVIC_DisableIRQ(IRQn_Type interrupt);
void SCB_InvalidateDCache_by_Addr(volatile void *address, int32_t size);
void SCB_CleanDCache_by_Addr(volatile void *address, int32_t size);
uint32_t HAL_GetUIDw0(void);
uint32_t HAL_GetUIDw1(void);
uint32_t HAL_GetUIDw2(void);

/* --- camera --- */

#define DCMIPP_PIPE0 0u
#define DCMIPP_PIPE1 1u
#define DCMIPP_PIPE2 2u
#define DCMIPP_CMSR2_P2FRAMEF (1u << 25)
typedef struct {
    volatile uint32_t CMSR2;
} DCMIPP_TypeDef;
typedef struct {
    DCMIPP_TypeDef *Instance;
} DCMIPP_HandleTypeDef;
typedef struct {
    uint32_t VStart, HStart, VSize, HSize, PipeArea;
} DCMIPP_CropConfTypeDef;
HAL_StatusTypeDef HAL_DCMIPP_PIPE_SetCropConfig(DCMIPP_HandleTypeDef *camera, uint32_t pipe,
                                                const DCMIPP_CropConfTypeDef *crop);
void HAL_DCMIPP_IRQHandler(DCMIPP_HandleTypeDef *camera);

/* --- UART --- */

typedef struct {
    volatile uint32_t CR1, CR2, CR3, PRESC, BRR, ISR, ICR, RDR, TDR;
} USART_TypeDef;
USART_TypeDef *mock_usart(void); /* called for every access: here time passes */
#define USART1 mock_usart()
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE_RXFNEIE (1u << 5)
#define USART_CR1_FIFOEN (1u << 29)
#define USART_CR3_TXFTIE (1u << 23)
#define USART_CR3_TXFTCFG_Pos 29u
#define USART_ISR_RXNE_RXFNE (1u << 5)
#define USART_ISR_TXE_TXFNF (1u << 7)
#define USART_ICR_PECF (1u << 0)
#define USART_ICR_FECF (1u << 1)
#define USART_ICR_NECF (1u << 2)
#define USART_ICR_ORECF (1u << 3)
typedef struct {
    uint32_t Pin, Mode, Pull, Speed, Alternate;
} GPIO_InitTypeDef;
#define GPIO_PIN_5 (1u << 5)
#define GPIO_PIN_6 (1u << 6)
#define GPIO_MODE_AF_PP 2u
#define GPIO_PULLUP 1u
#define GPIO_SPEED_FREQ_HIGH 2u
#define GPIO_AF7_USART1 7u
#define GPIOE ((void *)&mock_clocks)
#define RCC_PERIPHCLK_USART1 (1ull << 40)
extern uint32_t mock_clocks;
#define __HAL_RCC_USART1_CLK_ENABLE() (mock_clocks |= 1u)
#define __HAL_RCC_USART1_CLK_SLEEP_ENABLE() (mock_clocks |= 2u)
#define __HAL_RCC_GPIOE_CLK_ENABLE() (mock_clocks |= 4u)
void HAL_GPIO_Init(void *port, const GPIO_InitTypeDef *pins);
uint32_t HAL_RCCEx_GetPeriphCLKFreq(uint64_t clock);
void USART1_IRQHandler(void);

/* --- USB --- */

typedef struct {
    uint8_t dev_endpoints, speed, phy_itface, dma_enable;
} USB_OTG_CfgTypeDef;
typedef struct {
    void *Instance;
    USB_OTG_CfgTypeDef Init;
    uint32_t Setup[12];
} PCD_HandleTypeDef;
#define USB1_OTG_HS ((void *)&mock_clocks)
#define USB_OTG_HS_EMBEDDED_PHY 3u
#define PCD_SPEED_HIGH 0u
#define PCD_SPEED_FULL 2u
#define EP_TYPE_CTRL 0u
#define EP_TYPE_BULK 2u
#define EP_TYPE_INTR 3u
HAL_StatusTypeDef HAL_PCD_Init(PCD_HandleTypeDef *usb);
HAL_StatusTypeDef HAL_PCD_Start(PCD_HandleTypeDef *usb);
HAL_StatusTypeDef HAL_PCDEx_SetRxFiFo(PCD_HandleTypeDef *usb, uint16_t words);
HAL_StatusTypeDef HAL_PCDEx_SetTxFiFo(PCD_HandleTypeDef *usb, uint8_t fifo, uint16_t words);
HAL_StatusTypeDef HAL_PCD_SetAddress(PCD_HandleTypeDef *usb, uint8_t address);
HAL_StatusTypeDef HAL_PCD_EP_Open(PCD_HandleTypeDef *usb, uint8_t address, uint16_t packet, uint8_t type);
HAL_StatusTypeDef HAL_PCD_EP_Close(PCD_HandleTypeDef *usb, uint8_t address);
HAL_StatusTypeDef HAL_PCD_EP_Receive(PCD_HandleTypeDef *usb, uint8_t address, uint8_t *data, uint32_t length);
HAL_StatusTypeDef HAL_PCD_EP_Transmit(PCD_HandleTypeDef *usb, uint8_t address, uint8_t *data, uint32_t length);
HAL_StatusTypeDef HAL_PCD_EP_SetStall(PCD_HandleTypeDef *usb, uint8_t address);
HAL_StatusTypeDef HAL_PCD_EP_ClrStall(PCD_HandleTypeDef *usb, uint8_t address);
HAL_StatusTypeDef HAL_PCD_EP_Flush(PCD_HandleTypeDef *usb, uint8_t address);
uint32_t HAL_PCD_EP_GetRxCount(PCD_HandleTypeDef const *usb, uint8_t address);
/* Given by the firmware. */
void HAL_PCD_SetupStageCallback(PCD_HandleTypeDef *usb);
void HAL_PCD_DataInStageCallback(PCD_HandleTypeDef *usb, uint8_t number);
void HAL_PCD_DataOutStageCallback(PCD_HandleTypeDef *usb, uint8_t number);
void HAL_PCD_ResetCallback(PCD_HandleTypeDef *usb);
void HAL_PCD_SuspendCallback(PCD_HandleTypeDef *usb);
void HAL_PCD_ResumeCallback(PCD_HandleTypeDef *usb);
void HAL_PCD_DisconnectCallback(PCD_HandleTypeDef *usb);

/* --- power, clocks and rights of USB --- */

extern uint32_t mock_phy;
typedef struct {
    uint32_t OscillatorType, HSEState;
} RCC_OscInitTypeDef;
typedef struct {
    uint32_t MasterCID, SecPriv;
} RIMC_MasterConfig_t;
#define RCC_OSCILLATORTYPE_HSE 1u
#define RCC_HSE_ON 1u
#define RIF_CID_1 1u
#define RIF_ATTRIBUTE_SEC 1u
#define RIF_ATTRIBUTE_PRIV 2u
#define RIF_MASTER_INDEX_OTG1 4u
#define RIF_RISC_PERIPH_INDEX_OTG1HS 34u
#define PWR_FLAG_USB33RDY 1u
#define __HAL_PWR_GET_FLAG(FLAG) (FLAG)
#define __HAL_RCC_PWR_CLK_ENABLE() (mock_clocks |= 8u)
#define __HAL_RCC_PWR_CLK_SLEEP_ENABLE() (mock_clocks |= 16u)
#define __HAL_RCC_USB1_OTG_HS_CLK_ENABLE() (mock_clocks |= 32u)
#define __HAL_RCC_USB1_OTG_HS_CLK_SLEEP_ENABLE() (mock_clocks |= 64u)
#define __HAL_RCC_USB1_OTG_HS_PHY_CLK_ENABLE() (mock_clocks |= 128u)
#define __HAL_RCC_USB1_OTG_HS_PHY_CLK_SLEEP_ENABLE() (mock_clocks |= 256u)
typedef struct {
    uint32_t USBPHYC_CR;
} USBPHYC_TypeDef;
#define USB1_HS_PHYC ((USBPHYC_TypeDef *)(void *)&mock_phy)
HAL_StatusTypeDef HAL_RCC_OscConfig(const RCC_OscInitTypeDef *oscillator);
void HAL_PWREx_EnableVddUSBVMEN(void);
void HAL_PWREx_EnableVddUSB(void);
void HAL_RIF_RIMC_ConfigMasterAttributes(uint32_t master, const RIMC_MasterConfig_t *attributes);
void HAL_RIF_RISC_SetSlaveSecureAttributes(uint32_t slave, uint32_t attributes);
void HAL_PCD_MspInit(PCD_HandleTypeDef *usb);
void HAL_PCD_IRQHandler(PCD_HandleTypeDef *usb);
void USB1_OTG_HS_IRQHandler(void);

/* --- JPEG codec --- */

typedef struct {
    void *Instance;
} JPEG_HandleTypeDef;
typedef struct {
    uint32_t ColorSpace, ChromaSubsampling, ImageHeight, ImageWidth, ImageQuality;
} JPEG_ConfTypeDef;
#define JPEG ((void *)&mock_clocks)
#define JPEG_YCBCR_COLORSPACE 7u
#define JPEG_420_SUBSAMPLING 9u
#define __HAL_RCC_JPEG_CLK_ENABLE() (mock_clocks |= 512u)
#define __HAL_RCC_JPEG_CLK_SLEEP_ENABLE() (mock_clocks |= 1024u)
#define __HAL_RCC_JPEG_FORCE_RESET() (mock_clocks |= 2048u)
#define __HAL_RCC_JPEG_RELEASE_RESET() (mock_clocks &= ~2048u)
HAL_StatusTypeDef HAL_JPEG_Init(JPEG_HandleTypeDef *jpeg);
HAL_StatusTypeDef HAL_JPEG_DeInit(JPEG_HandleTypeDef *jpeg);
HAL_StatusTypeDef HAL_JPEG_ConfigEncoding(JPEG_HandleTypeDef *jpeg, const JPEG_ConfTypeDef *settings);
HAL_StatusTypeDef HAL_JPEG_Encode(JPEG_HandleTypeDef *jpeg, uint8_t *mcus, uint32_t length, uint8_t *out, uint32_t room,
                                  uint32_t milliseconds);
HAL_StatusTypeDef HAL_JPEG_Abort(JPEG_HandleTypeDef *jpeg);
void HAL_JPEG_ConfigInputBuffer(JPEG_HandleTypeDef *jpeg, uint8_t *mcus, uint32_t length);
void HAL_JPEG_MspInit(JPEG_HandleTypeDef *jpeg);
void HAL_JPEG_GetDataCallback(JPEG_HandleTypeDef *jpeg, uint32_t taken);
void HAL_JPEG_DataReadyCallback(JPEG_HandleTypeDef *jpeg, uint8_t *data, uint32_t length);

#endif
