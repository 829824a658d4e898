/* SPDX-License-Identifier: MIT
 *
 * The live stream: images with results out, commands in. It needs an encoder (n6_jpeg.h) and a port (USB, a UART, TCP); it
 * allocates nothing, waits for nothing, and keeps no clock.
 *
 *     n6_stream_image(&stream, &image, end_of_exposure);    // 1: an image is there: encode it
 *     ... run the model, n6_decode, n6_to_frame ...
 *     n6_stream_results(&stream, &results);                 // 2: what was found in it: queue the frame
 *     n6_stream_poll(&stream);                              // 3: as often as possible: send, and obey
 *
 * All calls belong to one thread, but n6_stream_received, which an interrupt may make.
 *
 * An image goes into one of two rooms. While one is being sent, the next is made; where both are taken, the image is not
 * encoded, and missing in the sequence. Frames go out in order and whole.
 */
#ifndef N6_STREAM_H
#define N6_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "n6_command.h"
#include "n6_decode.h"
#include "n6_jpeg.h"
#include "n6_mcu.h"
#include "n6_text.h"
#include "n6_wire.h"

#ifdef __cplusplus
extern "C" {
#endif

#define N6_ROOMS 2
#define N6_RECEIVE_SIZE 256u /* bytes of commands between two polls */
#define N6_MOST_REPLIES 8u   /* that wait for a frame; then the oldest goes */
#define N6_MOST_LINES 8u     /* of log that wait for a frame; then the oldest goes */
#define N6_MOST_STATUS 6u    /* pairs of the application's own */

/* Where bytes go. */
typedef struct {
    void *context;
    /* Take as many bytes as can be taken now, and return how many; never wait. */
    size_t (*write)(void *context, const uint8_t *data, size_t length);
    /* Whether nothing that was taken is still to be read from where it is; NULL where `write` copies. */
    bool (*idle)(void *context);
} n6_port;

/* What the computer can change. */
typedef struct {
    float confidence, iou; /* for n6_decode, 0..1 */
    bool average;          /* likewise: keypoints averaged over all candidates of a person */
    uint8_t quality;       /* of JPEGs, 1..100 */
    bool streaming, protect;
    bool evaluating, raw_output; /* see n6_evaluate.h; off at power-up and whenever a computer connects */
} n6_settings;

/* Memory for a frame: the results, with parity where it is protected, and the image. */
typedef struct {
    uint8_t *head;
    size_t head_size; /* 4 KiB for 10 people with 17 keypoints; a fifteenth of the JPEG more for parity */
    uint8_t *jpeg;
    size_t jpeg_size;
} n6_room;

typedef struct {
    const char *board, *firmware, *model_name; /* as status tells them; NULL leaves one out */
    const uint8_t *model;                      /* first 8 bytes of the SHA-256 of the .tflite, or NULL */
    n6_port port;
    n6_encoder encoder;
    n6_room rooms[N6_ROOMS];
    uint8_t *exact; /* room for a copy of the model's input, NULL where there is none */
    size_t exact_size;
    uint8_t *input; /* where a computer's input goes, NULL where it may not evaluate; may be `exact`; see n6_evaluate.h */
    uint16_t input_width, input_height;
    uint64_t (*microseconds)(void); /* the board's clock */
    n6_settings settings;           /* at power-up, and `streaming` and `protect` whenever a computer connects */
} n6_stream_config;

/* What was found in an image; 0xFFFFFFFF (N6_NOT_TOLD) for times that are not known. */
typedef struct {
    n6_view view;
    const float *people; /* `count` rows of N6_PERSON_FLOATS(keypoints), as n6_to_frame leaves them */
    uint32_t count, keypoints;
    float top_score;
    uint32_t exposure_to_npu, npu, post_processing; /* microseconds; the first with what encoding took in between */
} n6_results;

typedef struct {
    n6_stream_config config;
    n6_settings settings;
    n6_writer writers[N6_ROOMS];
    size_t jpeg_lengths[N6_ROOMS];
    int open, sending, queued; /* rooms, -1 for none */
    uint32_t sequence, dropped, encode_time;
    uint64_t exposure;
    /* the frame that is being sent */
    n6_piece pieces[N6_MOST_PIECES];
    size_t piece_count, piece, taken;
    /* exact input */
    bool exact_wanted;
    int exact_room; /* that the copy belongs to, -1 for none */
    uint16_t exact_width, exact_height;
    /* an input that the computer sends, and the answer to it */
    struct {
        uint16_t number; /* of the command that announced it */
        volatile bool taking;
        volatile size_t taken; /* of the pixels and the checksum behind them */
        size_t total, seen;
        uint8_t checksum[4];
        uint64_t since; /* something came last */
        bool ready;     /* whole and right: the model may run on it */
        uint32_t heard; /* counts what came while a computer evaluates */
        uint64_t heard_at;
    } incoming;
    struct {
        bool due;
        uint32_t checksum;
        const n6_raw_output *raw; /* `count` of them, while the frame is made */
        unsigned count;
        int room; /* whose frame refers to raw outputs, -1 for none */
    } answer;
    /* from the computer */
    uint8_t received[N6_RECEIVE_SIZE];
    volatile uint32_t received_in, received_out;
    bool overrun;
    n6_line line;
    /* for the next frame */
    struct {
        uint16_t number;
        const char *why;
    } replies[N6_MOST_REPLIES];
    size_t reply_count;
    char lines[N6_MOST_LINES][N6_LONGEST_TEXT];
    size_t line_count;
    struct {
        const char *key;
        char value[N6_LONGEST_TEXT];
    } status[N6_MOST_STATUS];
    bool status_due;
    uint64_t status_told;
    unsigned told_quality; /* that an image did not fit with */
} n6_stream;

/* Begin. `config` is copied; what it points to must stay. */
void n6_stream_start(n6_stream *s, const n6_stream_config *config);

/* A computer has connected: forget what the last one left, and tell the status in the next frame. What is left of a frame
 * under way goes out nevertheless; the reader finds the next one. */
void n6_stream_connected(n6_stream *s);

/* What holds now; n6_decode wants confidence, iou and average. */
const n6_settings *n6_stream_settings(const n6_stream *s);

/* Bytes from the computer; an interrupt may call this. Where nobody polls, lines that do not fit are
 * dropped, and the one that fits in part is refused. */
void n6_stream_received(n6_stream *s, const uint8_t *data, size_t length);

/* An image whose exposure ended at `exposure` on the board's clock: obey commands, and encode it. Returns whether the frame
 * waits for n6_stream_results; false where the stream is off, nothing is free, or the image cannot be encoded. */
bool n6_stream_image(n6_stream *s, const n6_image *image, uint64_t exposure);

/* The same with an image that is encoded already, from SOI to EOI; it is copied. */
bool n6_stream_jpeg(n6_stream *s, const uint8_t *jpeg, size_t length, uint64_t exposure);

/* The model's input for the image that waits for its results, height * width * 3 bytes RGB: copied where it was asked for. */
void n6_stream_input(n6_stream *s, const uint8_t *pixels, uint16_t width, uint16_t height);

/* The results for the image that waits, NULL where no model ran: queue the frame. Returns whether it will be sent. */
bool n6_stream_results(n6_stream *s, const n6_results *results);

/* Obey, and send what the port takes. Returns whether there is more to send. */
bool n6_stream_poll(n6_stream *s);

/* Let the next frame carry a line of text. */
void n6_stream_log(n6_stream *s, const char *line);

/* Set a pair of status of the application's own, such as "temperature"; `key` must stay. The next frame tells it. */
void n6_stream_status(n6_stream *s, const char *key, const char *value);

#ifdef __cplusplus
}
#endif
#endif
