/* SPDX-License-Identifier: MIT
 *
 * What n6_config.h says; N6 Studio writes it for a model and an application. Copy this to n6_config.h and change it to use
 * the stream by hand.
 */
#ifndef N6_CONFIG_H
#define N6_CONFIG_H

/* Names for people. */
#define N6_BOARD "STM32N6570-DK"
#define N6_FIRMWARE "N6 Studio"
#define N6_MODEL_NAME "model.tflite"

/* The model: the first 8 bytes of the SHA-256 of its .tflite; its input; what its output is, as n6_decode.h explains it. */
#define N6_MODEL_ID {0, 0, 0, 0, 0, 0, 0, 0}
#define N6_INPUT_WIDTH 256u
#define N6_INPUT_HEIGHT 256u
#define N6_OUTPUT_TYPE N6_FLOAT32
#define N6_OUTPUT_SCALE 1.0f
#define N6_OUTPUT_ZERO 0
#define N6_CANDIDATES 1344u
#define N6_CLASSES 1u
#define N6_KEYPOINTS 17u
#define N6_DIMS 3u
#define N6_NORMALISED 1

/* A model with a split head: its levels as n6_split.h explains them, {stride, {scale, zero} of boxes, of confidences, of
 * keypoints}; which of the compiled model's outputs are the boxes, confidences and keypoints of each level; values of a
 * keypoint; by what its offsets are multiplied, left out where that is 2. N6_OUTPUT_... are not used then.
 * #define N6_SPLIT_LEVELS 3u
 * #define N6_SPLIT_LEVEL_VALUES {{8u, {0.1f, -3}, {0.08f, 100}, {0.06f, 0}}, {16u, ...}, {32u, ...}}
 * #define N6_SPLIT_PLACES {0, 1, 2, 3, 4, 5, 6, 7, 8}
 * #define N6_SPLIT_DIMS 3u
 * #define N6_KEYPOINT_FACTORS {2.0f, 2.0f, ...} */

/* What holds at power-up; commands change it. */
#define N6_CONFIDENCE_AT_START 0.5f
#define N6_IOU_AT_START 0.5f
#define N6_AVERAGE_AT_START 1 /* keypoints are averaged over all candidates of a person */
#define N6_QUALITY_AT_START 50u
#define N6_PROTECT_AT_START 0
#define N6_MAX_DETECTIONS 10u

/* Memory: of each of two JPEGs, of their results, of a copy of the model's input (0 for none: then a computer cannot evaluate
 * either; with N6_PSRAM there are two of them), of a row of MCUs (n6_mcus(width) * N6_MCU_BYTES). */
#define N6_JPEG_BYTES 131072u
#define N6_HEAD_BYTES 16384u
#define N6_EXACT_BYTES 196608
#define N6_MCU_ROW_BYTES 11520u

/* Choices: comment out what is not wanted. One of N6_RUN_LOOP, N6_RUN_EPOCHS, N6_RUN_STAI and N6_RUN_THREADS says how the
 * application runs its model: LL_ATON_RT_Main, LL_ATON_RT_RunEpochBlock, stai_network_run, LL_ATON_RT_Main in a thread. */
#define N6_RUN_LOOP
#define N6_PSRAM           /* the linker script has .psram_bss: JPEGs and the copy go there */
#define N6_IMAGE_OF_SCREEN /* images are those of the screen; else the model's input */
/* #define N6_SOFTWARE_JPEG   the chip's codec is left alone */
/* #define N6_TICK_ONLY       SysTick belongs to a real-time system */

/* The link. */
#define N6_UART_BAUD 921600u
#define N6_USB_VENDOR 0x0483u
#define N6_USB_PRODUCT 0x5740u

#endif
