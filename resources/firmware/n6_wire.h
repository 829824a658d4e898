/* SPDX-License-Identifier: MIT
 *
 * The wire format of N6 Studio's live stream for firmware: frames out, commands in, and reading frames back.
 *
 * docs/wire-format.md is the specification. C99, no allocation, no dependencies but <stdint.h>, <stddef.h> and <string.h>.
 * To be compiled: n6_wire.c and n6_parity.c.
 *
 * Sending a frame:
 *
 *     static uint8_t head[8192];              // room for the results; 200 KiB more for an exact input of 256 x 256
 *     n6_writer w;
 *     n6_begin(&w, head, sizeof head, sequence, microseconds, model_id);
 *     n6_put_timings(&w, exposure_to_npu, npu, post_processing, encode);
 *     n6_put_view(&w, N6_CROP, 256, 256, left, top, width, height);
 *     n6_put_people(&w, people, count, 17);
 *     size_t length = n6_finish(&w, jpeg, jpeg_length);
 *     if (length > 0) {
 *         send(head, length);                 // SOI and the results
 *         send(jpeg + 2, jpeg_length - 2);    // the encoder's image after its own SOI
 *     }
 */
#ifndef N6_WIRE_H
#define N6_WIRE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define N6_MAJOR 1
#define N6_MINOR 0
#define N6_PROTECTED_MINOR 1
#define N6_HEAD_SIZE 48u
#define N6_PROTECTED_HEAD 76u
#define N6_PARITY 16u
#define N6_MORE_HEAD 12u
#define N6_NOT_TOLD 0xFFFFFFFFu
#define N6_MOST_REFERENCES 32u              /* of an exact input or a raw output: 2 MB */
#define N6_MOST_PIECES (2u * N6_MOST_REFERENCES + 2u)

enum {
    N6_TIMINGS = 1,
    N6_VIEW,
    N6_PEOPLE,
    N6_EXACT_INPUT,
    N6_LOG,
    N6_STATUS,
    N6_TOP_SCORE,
    N6_EVALUATION,
    N6_RAW_OUTPUT,
    N6_RAW_PART
};
enum { N6_LETTERBOX = 0, N6_STRETCH, N6_CROP };

typedef enum {
    N6_OK = 0,
    N6_PLAIN,    /* a JPEG without results */
    N6_LENGTH,   /* not as long as it says */
    N6_CHECKSUM, /* damaged, or results of another image */
    N6_VERSION,  /* another major version */
    N6_CONTENT   /* sealed, but against the specification */
} n6_result;

/* CRC-32 as zlib computes it, continuing from `crc` (0 to begin). The first call fills 4 KiB of tables, so it must not come
 * from two threads at once. Define N6_OWN_CRC32 to write one that uses the chip's CRC unit. */
uint32_t n6_crc32(uint32_t crc, const uint8_t *data, size_t length);

/* --- writing --- */

/* A piece of memory. */
typedef struct {
    const uint8_t *data;
    size_t length;
} n6_piece;

/* A piece of memory outside the buffer that belongs behind so many bytes of it. */
typedef struct {
    n6_piece piece;
    size_t behind;
} n6_reference;

typedef struct {
    uint8_t *buffer;
    size_t capacity, length;
    size_t segment; /* where the length of the segment being written stands */
    n6_reference references[N6_MOST_REFERENCES];
    size_t reference_count, referred; /* how many, and bytes of all together */
    size_t referred_before;           /* before this segment */
    unsigned segments;
    int protect;
    int failed; /* something did not fit */
} n6_writer;

/* Begin a frame. `model` is the first 8 bytes of the SHA-256 of the .tflite, NULL where not known. */
void n6_begin(n6_writer *w, uint8_t *buffer, size_t capacity, uint32_t sequence, uint64_t microseconds,
              const uint8_t model[8]);

/* Directly behind n6_begin: let the frame carry parity, so that its reader can repair flipped bytes. For links without a
 * checksum of their own, such as UARTs. It takes a fifteenth of the frame more, in the buffer, and a frame of 978 000 bytes
 * at most. */
void n6_protect(n6_writer *w);

void n6_put_timings(n6_writer *w, uint32_t exposure_to_npu, uint32_t npu, uint32_t post_processing, uint32_t encode);
void n6_put_view(n6_writer *w, int resize, unsigned width, unsigned height, float left, float top, float across,
                 float down);
void n6_put_top_score(n6_writer *w, float score);

/* `people` holds, for each of `count`, 5 + 3 * keypoints floats: left, top, right, bottom, score, then x, y and
 * visibility of every keypoint; coordinates as fractions of the frame. */
void n6_put_people(n6_writer *w, const float *people, unsigned count, unsigned keypoints);

void n6_put_log(n6_writer *w, const char *line);
void n6_put_status(n6_writer *w, const char *key, const char *value);

/* The network's very input, height * width * 3 bytes RGB, as it is. */
void n6_put_exact_input(n6_writer *w, const uint8_t *pixels, unsigned width, unsigned height);

/* The same without copying: the frame refers to the pixels, which have to stay until it is sent, and n6_pieces says where
 * they belong. The buffer needs room for a few bytes for each 64 KB of them. */
void n6_refer_exact_input(n6_writer *w, const uint8_t *pixels, unsigned width, unsigned height);

/* This frame answers an input that the computer sent: by which command, and the CRC-32 of what arrived. */
void n6_put_evaluation(n6_writer *w, unsigned number, uint32_t checksum);

/* What the model computed, as it lies in memory. */
typedef struct {
    unsigned type;             /* 0 float32, 1 int8, 2 uint8 */
    unsigned candidates_first; /* 1 where the values of a candidate lie together, 0 where those of a channel do */
    float scale;               /* of integers: value = (stored - zero) * scale */
    int32_t zero;
    uint32_t channels, candidates;
    const uint8_t *data;
    size_t length;         /* bytes */
    uint8_t number, count; /* which of how many outputs, from 0; a count of 0 or 1 where the model has one */
} n6_raw_output;

/* Refer to a raw output, as n6_refer_exact_input refers to pixels. Those of several are told in their order. */
void n6_refer_raw_output(n6_writer *w, const n6_raw_output *output);

/* Seal the frame over `jpeg`, which runs from SOI to EOI. Returns how many bytes of the buffer are to be sent in front of
 * jpeg + 2, or 0 if something did not fit or `jpeg` is none. Where the frame refers to an exact input, send n6_pieces. */
size_t n6_finish(n6_writer *w, const uint8_t *jpeg, size_t jpeg_length);

/* List everything that is to be sent of a finished frame, in order; returns how many pieces that are. */
size_t n6_pieces(const n6_writer *w, const uint8_t *jpeg, size_t jpeg_length, n6_piece pieces[N6_MOST_PIECES]);

/* --- reading --- */

typedef struct {
    uint8_t major, minor;
    uint32_t sequence;
    uint64_t microseconds;
    const uint8_t *model; /* 8 bytes */
    unsigned segments;
    size_t fields; /* where the first field stands */
} n6_head;

typedef struct {
    unsigned type;
    const uint8_t *payload;
    size_t length;
} n6_field;

typedef struct {
    const uint8_t *frame;
    size_t length, at, end;
    unsigned segment, segments;
} n6_fields;

/* Check a frame; N6_OK fills `head`. Bytes behind EOI, or none, do no harm where the checksum agrees. */
n6_result n6_check(const uint8_t *frame, size_t length, n6_head *head);

/* Walk over the fields of a checked frame: 1 and a field, 0 at the end, -1 where they contradict the specification. */
void n6_fields_begin(n6_fields *it, const uint8_t *frame, size_t length, const n6_head *head);
int n6_fields_next(n6_fields *it, n6_field *field);

/* Repair the head of a protected frame where it lies, N6_PROTECTED_HEAD bytes. Returns the length of the frame; 0, and
 * changes nothing, where this is none or is beyond repair. */
size_t n6_repair_head(uint8_t *frame);

/* Repair a frame with a repaired head where it lies; returns 1 where it is now what was sent, and n6_check
 * agrees. Returns 0 where it cannot; then its bytes are good for nothing. */
int n6_repair(uint8_t *frame, size_t length);

uint16_t n6_u16(const uint8_t *at);
uint32_t n6_u32(const uint8_t *at);
float n6_f32(const uint8_t *at);

/* --- parity, in n6_parity.c --- */

/* Codewords: neighbouring bytes of a message, which lies in pieces, are in different ones, the last byte in the last. */
typedef struct {
    const n6_piece *pieces;
    size_t length;   /* of all pieces */
    uint8_t *parity; /* N6_PARITY rows of `count` bytes */
    size_t count;
} n6_codewords;

void n6_compute_parity(const n6_codewords *words);

#ifdef __cplusplus
}
#endif
#endif
