/* SPDX-License-Identifier: MIT
 *
 * The memory that an emulated board shares with the computer that plays its camera, its NPU and the other end of its
 * cable. All numbers are little endian; n6studio/virtual/window.py has the same in Python.
 *
 * Both sides ring a bell, a byte on a UART, when they have changed something; what it was is seen in the counters here.
 */
#ifndef N6_WINDOW_H
#define N6_WINDOW_H

#include <stdint.h>

#define WINDOW_AT 0x64000000u
#define WINDOW_MAGIC 0x5147364Eu /* "N6GQ" */
#define WINDOW_LAYOUT 4u

#define WINDOW_OFF 0xFFFFFFFFu /* of `power`: end the emulation */

#define RING_BYTES 0x100000u
#define CABLE_IN_AT (WINDOW_AT + 0x100000u)
#define CABLE_OUT_AT (WINDOW_AT + 0x200000u)
#define IMAGE_AT (WINDOW_AT + 0x400000u)
#define INPUT_AT (WINDOW_AT + 0x2400000u)
#define OUTPUT_AT (WINDOW_AT + 0x3000000u)

/* A level of a split head: stride, and what a step of its outputs stands for. */
typedef struct {
    uint32_t stride;
    float box_scale;
    int32_t box_zero;
    float score_scale;
    int32_t score_zero;
    float keypoints_scale;
    int32_t keypoints_zero;
} window_level;

/* Set while the board is off: what is soldered on, and what was compiled in. */
typedef struct {
    uint32_t image_width, image_height; /* of the camera, RGB565 */
    uint32_t input_width, input_height; /* of the model, RGB888 */
    uint32_t type;                      /* n6_type of the output */
    float scale;
    int32_t zero;
    uint32_t candidates, classes, keypoints, dims, normalised, end_to_end;
    uint32_t resize; /* of the view */
    float left, top, across, down;
    float confidence, iou;
    uint32_t max_detections, average, quality, protect;
    uint8_t model[8];
    char board[64], firmware[64], model_name[64];
    uint32_t levels; /* of a split head, whose outputs lie one after the other; 0 for one output */
    window_level level[4];
    uint32_t factors; /* how many there are */
    float factor[266];
    uint32_t marker; /* the computer draws the time into its images */
} window_build;

typedef struct {
    uint32_t magic, layout;
    /* the computer's */
    uint32_t power;      /* counts how often the board was switched on or reset; 0 keeps it off */
    uint32_t heartbeat;  /* changes once a second; a board whose computer is gone ends the emulation */
    uint32_t connection; /* counts hosts that opened the other end of the cable; 0 while there is none */
    uint32_t in_head, out_tail;
    uint32_t image_given;
    uint32_t npu_done;
    /* the board's */
    uint32_t booted; /* the `power` that it runs since */
    uint32_t in_tail, out_head;
    uint32_t image_taken;
    uint32_t npu_wanted;
    uint32_t sent, dropped;
    window_build build;
} window;

#endif
