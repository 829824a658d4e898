# SPDX-License-Identifier: MIT
#
# Adds the live stream to one of ST's pose applications. To be included in its Makefile in front of the line OBJECTS = ...,
# behind everything that adds to C_SOURCES. n6_config.mk beside this file, which N6 Studio writes, sets:
#   N6_LINK    usb or uart
#   N6_RUN     loop, epochs, stai or threads: how the application runs its model
#   N6_JPEG    codec or software
#   N6_SCREEN  empty, or none where the screen over USB is to be replaced

N6_COMMA := ,
N6_FOLDER := $(dir $(lastword $(MAKEFILE_LIST)))
include $(N6_FOLDER)n6_config.mk

N6_HAL := $(dir $(firstword $(filter %/stm32n6xx_hal.c,$(C_SOURCES))))

N6_SOURCES := n6_wire n6_parity n6_command n6_choose n6_decode n6_split n6_mcu n6_text n6_stream n6_evaluate n6_clock
N6_SOURCES += n6_live n6_model n6_self_test n6_hooks
N6_DRIVERS := stm32n6xx_hal_rcc_ex
N6_WRAPPED := CMW_CAMERA_SetPipeConfig CMW_CAMERA_Start HAL_DCMIPP_PIPE_SetCropConfig HAL_DCMIPP_IRQHandler
N6_WRAPPED += app_postprocess_init app_postprocess_run

ifeq ($(N6_JPEG),software)
N6_SOURCES += n6_jpeg_sw
else
N6_SOURCES += n6_jpeg_hw
N6_DRIVERS += stm32n6xx_hal_jpeg stm32n6xx_hal_dma stm32n6xx_hal_dma_ex
C_DEFS += -DHAL_JPEG_MODULE_ENABLED=
endif

ifeq ($(N6_LINK),uart)
N6_SOURCES += n6_uart
else
N6_SOURCES += n6_usb n6_usb_control n6_usb_descriptors n6_usb_board
N6_DRIVERS += stm32n6xx_hal_pcd stm32n6xx_hal_pcd_ex stm32n6xx_ll_usb
C_DEFS += -DHAL_PCD_MODULE_ENABLED=
endif

ifeq ($(N6_RUN),loop)
N6_WRAPPED += LL_ATON_RT_Main
else ifeq ($(N6_RUN),threads)
N6_WRAPPED += LL_ATON_RT_Main LL_ATON_Set_User_Input_Buffer_Default LL_ATON_Set_User_Output_Buffer_Default
else ifeq ($(N6_RUN),epochs)
N6_WRAPPED += LL_ATON_RT_RunEpochBlock LL_ATON_RT_Reset_Network
else
N6_WRAPPED += stai_network_run
endif

# The screen over USB makes room: its library, and the USB stack below it.
ifeq ($(N6_SCREEN),none)
N6_SOURCES += n6_screen
C_SOURCES := $(filter-out %/scrl_usb.c %/scrl_common.c %/uvcl.c %/uvcl_desc.c %/uvcl_usbx.c,$(C_SOURCES))
ifneq ($(SCR_USBX_REL_DIR),)
C_SOURCES := $(filter-out $(SCR_USBX_REL_DIR)/%,$(C_SOURCES))
endif
endif

N6_C := $(addprefix $(N6_FOLDER),$(addsuffix .c,$(N6_SOURCES)))
C_SOURCES := $(N6_C) $(sort $(addprefix $(N6_HAL),$(addsuffix .c,$(N6_DRIVERS)))) \
  $(filter-out $(addprefix %/,$(addsuffix .c,$(N6_DRIVERS))),$(C_SOURCES))
C_INCLUDES += -I$(N6_FOLDER)
LDFLAGS += $(addprefix -Wl$(N6_COMMA)--wrap=,$(N6_WRAPPED))

# Contracted multiplications round differently from those on a computer.
$(addprefix $(BUILD_DIR)/,$(N6_C:.c=.o)): CFLAGS += -O2 -ffp-contract=off
