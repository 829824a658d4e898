/* SPDX-License-Identifier: MIT
 *
 * See n6_wire.h.
 */
#include "n6_wire.h"

#include <string.h>

#define LENGTH_AT 4u
#define CRC_AT 12u
#define AFTER_CRC 16u
#define LONGEST_SEGMENT 65535u
#define MOST_PAYLOAD (LONGEST_SEGMENT - 2u - 8u - 4u)
#define RAW_HEAD 28u /* bytes in front of a piece of raw output */

static const uint8_t MAGIC[6] = {'N', '6', 'L', 'I', 'V', 'E'};
static const uint8_t MORE[6] = {'N', '6', 'M', 'O', 'R', 'E'};
static const uint8_t PARITY[6] = {'N', '6', 'R', 'S', 'C', 'P'};

static uint32_t read_32(const uint8_t *at)
{
    return (uint32_t)at[0] | ((uint32_t)at[1] << 8) | ((uint32_t)at[2] << 16) | ((uint32_t)at[3] << 24);
}

#ifndef N6_OWN_CRC32
/* What a byte does to the checksum when 0 to 3 more bytes follow it: four bytes in one step. */
static uint32_t last[256], third[256], second[256], first[256];

static void fill_crc_tables(void)
{
    uint32_t i, k, value;
    for (i = 0; i < 256u; i++) {
        value = i;
        for (k = 0; k < 8u; k++)
            value = (value >> 1) ^ (value & 1u ? 0xEDB88320u : 0u);
        last[i] = value;
    }
    for (i = 0; i < 256u; i++) {
        third[i] = (last[i] >> 8) ^ last[last[i] & 0xFFu];
        second[i] = (third[i] >> 8) ^ last[third[i] & 0xFFu];
        first[i] = (second[i] >> 8) ^ last[second[i] & 0xFFu];
    }
}

uint32_t n6_crc32(uint32_t crc, const uint8_t *data, size_t length)
{
    if (last[1] == 0u)
        fill_crc_tables();
    crc = ~crc;
    for (; length >= 4u; length -= 4u, data += 4) {
        crc ^= read_32(data);
        crc = first[crc & 0xFFu] ^ second[(crc >> 8) & 0xFFu] ^ third[(crc >> 16) & 0xFFu] ^ last[crc >> 24];
    }
    for (; length > 0u; length--, data++)
        crc = (crc >> 8) ^ last[(crc ^ *data) & 0xFFu];
    return ~crc;
}
#endif

uint16_t n6_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | (at[1] << 8));
}

uint32_t n6_u32(const uint8_t *at)
{
    return read_32(at);
}

float n6_f32(const uint8_t *at)
{
    uint32_t bits = n6_u32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static size_t big_endian_16(const uint8_t *at)
{
    return ((size_t)at[0] << 8) | at[1];
}

/* --- writing --- */

static void put(n6_writer *w, const void *data, size_t length)
{
    if (w->failed || length > w->capacity - w->length) {
        w->failed = 1;
        return;
    }
    memcpy(w->buffer + w->length, data, length);
    w->length += length;
}

static void put_8(n6_writer *w, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    put(w, &byte, 1);
}

static void put_16(n6_writer *w, unsigned value)
{
    put_8(w, value);
    put_8(w, value >> 8);
}

static void put_32(n6_writer *w, uint32_t value)
{
    put_16(w, value & 0xFFFFu);
    put_16(w, value >> 16);
}

static void put_float(n6_writer *w, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_32(w, bits);
}

static void set_32(uint8_t *at, uint32_t value)
{
    unsigned i;
    for (i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static void begin_segment(n6_writer *w, const uint8_t magic[6])
{
    put_8(w, 0xFF);
    put_8(w, 0xE9);
    w->segment = w->length;
    w->referred_before = w->referred;
    put_16(w, 0);
    put(w, magic, 6);
    w->segments++;
}

/* How long the segment is by now, from its length on. */
static size_t segment_length(const n6_writer *w)
{
    return w->length - w->segment + w->referred - w->referred_before;
}

static void end_segment(n6_writer *w)
{
    size_t length = segment_length(w);
    if (!w->failed) {
        w->buffer[w->segment] = (uint8_t)(length >> 8);
        w->buffer[w->segment + 1] = (uint8_t)length;
    }
}

/* Begin a field of `length` bytes of payload, in a further segment where this one has no room. */
static void begin_field(n6_writer *w, unsigned type, size_t length)
{
    if (length > MOST_PAYLOAD) {
        w->failed = 1;
        return;
    }
    if (segment_length(w) + 4 + length > LONGEST_SEGMENT) {
        end_segment(w);
        begin_segment(w, MORE);
        put_8(w, w->segments - 1);
        put_8(w, 0);
        if (w->segments > 255)
            w->failed = 1;
    }
    put_16(w, type);
    put_16(w, (unsigned)length);
}

void n6_begin(n6_writer *w, uint8_t *buffer, size_t capacity, uint32_t sequence, uint64_t microseconds,
              const uint8_t model[8])
{
    static const uint8_t nobody[8] = {0};
    memset(w, 0, sizeof *w);
    w->buffer = buffer;
    w->capacity = capacity;
    put_8(w, 0xFF);
    put_8(w, 0xD8);
    begin_segment(w, MAGIC);
    put_32(w, 0); /* checksum and length: when it is finished */
    put_32(w, 0);
    put_8(w, N6_MAJOR);
    put_8(w, N6_MINOR);
    put_8(w, 0);
    put_8(w, N6_HEAD_SIZE);
    put_32(w, sequence);
    put_32(w, 0);
    put_32(w, (uint32_t)microseconds);
    put_32(w, (uint32_t)(microseconds >> 32));
    put(w, model != NULL ? model : nobody, 8);
}

void n6_put_timings(n6_writer *w, uint32_t exposure_to_npu, uint32_t npu, uint32_t post_processing, uint32_t encode)
{
    begin_field(w, N6_TIMINGS, 16);
    put_32(w, exposure_to_npu);
    put_32(w, npu);
    put_32(w, post_processing);
    put_32(w, encode);
}

void n6_put_view(n6_writer *w, int resize, unsigned width, unsigned height, float left, float top, float across,
                 float down)
{
    begin_field(w, N6_VIEW, 22);
    put_8(w, (unsigned)resize);
    put_8(w, 0);
    put_16(w, width);
    put_16(w, height);
    put_float(w, left);
    put_float(w, top);
    put_float(w, across);
    put_float(w, down);
}

void n6_put_top_score(n6_writer *w, float score)
{
    begin_field(w, N6_TOP_SCORE, 4);
    put_float(w, score);
}

void n6_put_people(n6_writer *w, const float *people, unsigned count, unsigned keypoints)
{
    size_t floats = 5 + 3 * (size_t)keypoints;
    unsigned fit = (unsigned)((MOST_PAYLOAD - 4) / (4 * floats));
    if (fit == 0) {
        w->failed = 1;
        return;
    }
    do {
        unsigned now = count < fit ? count : fit;
        size_t i;
        begin_field(w, N6_PEOPLE, 4 + 4 * floats * now);
        put_16(w, now);
        put_16(w, keypoints);
        for (i = 0; i < floats * now; i++)
            put_float(w, people[i]);
        people += floats * now;
        count -= now;
    } while (count > 0 && !w->failed);
}

void n6_put_log(n6_writer *w, const char *line)
{
    size_t length = strlen(line);
    begin_field(w, N6_LOG, length);
    put(w, line, length);
}

void n6_put_status(n6_writer *w, const char *key, const char *value)
{
    begin_field(w, N6_STATUS, strlen(key) + 1 + strlen(value));
    put(w, key, strlen(key));
    put_8(w, '=');
    put(w, value, strlen(value));
}

static void refer(n6_writer *w, const uint8_t *data, size_t length)
{
    n6_reference *reference = &w->references[w->reference_count];
    if (w->failed || w->reference_count == N6_MOST_REFERENCES) {
        w->failed = 1;
        return;
    }
    reference->piece.data = data;
    reference->piece.length = length;
    reference->behind = w->length;
    w->reference_count++;
    w->referred += length;
}

static void exact_input(n6_writer *w, const uint8_t *pixels, unsigned width, unsigned height,
                        void (*take)(n6_writer *, const uint8_t *, size_t))
{
    size_t total = (size_t)width * height * 3, at = 0;
    while (at < total && !w->failed) {
        size_t piece = total - at < MOST_PAYLOAD - 14 ? total - at : MOST_PAYLOAD - 14;
        begin_field(w, N6_EXACT_INPUT, 14 + piece);
        put_16(w, width);
        put_16(w, height);
        put_8(w, 3);
        put_8(w, 0);
        put_32(w, (uint32_t)total);
        put_32(w, (uint32_t)at);
        take(w, pixels + at, piece);
        at += piece;
    }
}

static void copy(n6_writer *w, const uint8_t *data, size_t length)
{
    put(w, data, length);
}

void n6_put_exact_input(n6_writer *w, const uint8_t *pixels, unsigned width, unsigned height)
{
    exact_input(w, pixels, width, height, copy);
}

void n6_refer_exact_input(n6_writer *w, const uint8_t *pixels, unsigned width, unsigned height)
{
    exact_input(w, pixels, width, height, refer);
}

void n6_put_evaluation(n6_writer *w, unsigned number, uint32_t checksum)
{
    begin_field(w, N6_EVALUATION, 8);
    put_16(w, number);
    put_16(w, 0);
    put_32(w, checksum);
}

void n6_refer_raw_output(n6_writer *w, const n6_raw_output *output)
{
    size_t at = 0;
    while (at < output->length && !w->failed) {
        size_t rest = output->length - at, most = MOST_PAYLOAD - RAW_HEAD, piece = rest < most ? rest : most;
        begin_field(w, output->count > 1u ? N6_RAW_PART : N6_RAW_OUTPUT, RAW_HEAD + piece);
        put_8(w, output->type);
        put_8(w, output->candidates_first);
        put_8(w, output->count > 1u ? output->number : 0u);
        put_8(w, output->count > 1u ? output->count : 0u);
        put_float(w, output->scale);
        put_32(w, (uint32_t)output->zero);
        put_32(w, output->channels);
        put_32(w, output->candidates);
        put_32(w, (uint32_t)output->length);
        put_32(w, (uint32_t)at);
        refer(w, output->data + at, piece);
        at += piece;
    }
}

/* List the buffer from `from` to `to` with what it refers to between, and then what stands behind it. All references lie
 * behind `from`, and none behind `to`. */
static size_t list_pieces(const n6_writer *w, size_t from, size_t to, n6_piece behind, n6_piece *pieces)
{
    size_t count = 0, i;
    for (i = 0; i < w->reference_count; i++) {
        pieces[count].data = w->buffer + from;
        pieces[count].length = w->references[i].behind - from;
        pieces[count + 1u] = w->references[i].piece;
        from = w->references[i].behind;
        count += 2u;
    }
    pieces[count].data = w->buffer + from;
    pieces[count].length = to - from;
    pieces[count + 1u] = behind;
    return count + 2u;
}

static uint32_t crc_of_pieces(uint32_t crc, const n6_piece *pieces, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++)
        crc = n6_crc32(crc, pieces[i].data, pieces[i].length);
    return crc;
}

/* The encoder's image without its SOI. */
static n6_piece without_start(const uint8_t *jpeg, size_t jpeg_length)
{
    n6_piece piece = {jpeg + 2, jpeg_length - 2};
    return piece;
}

size_t n6_pieces(const n6_writer *w, const uint8_t *jpeg, size_t jpeg_length, n6_piece pieces[N6_MOST_PIECES])
{
    return list_pieces(w, 0, w->length, without_start(jpeg, jpeg_length), pieces);
}

void n6_protect(n6_writer *w)
{
    static const uint8_t block[N6_PROTECTED_HEAD - N6_HEAD_SIZE] = {0};
    if (w->length != N6_HEAD_SIZE)
        w->failed = 1;
    put(w, block, sizeof block);
    if (w->failed)
        return;
    w->protect = 1;
    w->buffer[21] = N6_PROTECTED_MINOR;
    w->buffer[23] = N6_PROTECTED_HEAD;
}

/* Make room for the parity of a frame with so many bytes behind the buffer; returns where it stands in the buffer. */
static size_t begin_parity(n6_writer *w, size_t behind, size_t *count)
{
    size_t message = w->length + w->referred + N6_MORE_HEAD - N6_PROTECTED_HEAD + behind, size, at;
    *count = (message + 238) / 239;
    size = N6_PARITY * *count;
    begin_segment(w, PARITY);
    w->segments--; /* it holds no results */
    put_16(w, 0);
    if (w->failed || size > LONGEST_SEGMENT + 2 - N6_MORE_HEAD || size > w->capacity - w->length) {
        w->failed = 1;
        return 0;
    }
    at = w->length;
    w->length += size;
    end_segment(w);
    return at;
}

static void put_parity(n6_writer *w, n6_piece behind, size_t at, size_t count)
{
    n6_piece pieces[N6_MOST_PIECES], of_head[2];
    n6_codewords words, head;
    size_t listed;
    list_pieces(w, N6_PROTECTED_HEAD, at, behind, pieces);
    words.pieces = pieces;
    words.length = at - N6_PROTECTED_HEAD + w->referred + behind.length;
    words.parity = w->buffer + at;
    words.count = count;
    n6_compute_parity(&words);
    listed = list_pieces(w, N6_PROTECTED_HEAD, w->length, behind, pieces);
    set_32(w->buffer + 48, crc_of_pieces(0, pieces, listed));
    set_32(w->buffer + 52, (uint32_t)(at + w->referred));
    set_32(w->buffer + 56, 1); /* the kind */
    of_head[0].data = w->buffer;
    of_head[0].length = CRC_AT;
    of_head[1].data = w->buffer + AFTER_CRC;
    of_head[1].length = 60u - AFTER_CRC;
    head.pieces = of_head;
    head.length = CRC_AT + 60u - AFTER_CRC;
    head.parity = w->buffer + 60;
    head.count = 1;
    n6_compute_parity(&head);
}

size_t n6_finish(n6_writer *w, const uint8_t *jpeg, size_t jpeg_length)
{
    n6_piece pieces[N6_MOST_PIECES], behind;
    size_t parity_at = 0, codewords = 0, listed;
    if (jpeg_length < 4 || jpeg[0] != 0xFF || jpeg[1] != 0xD8 || jpeg[jpeg_length - 2] != 0xFF ||
        jpeg[jpeg_length - 1] != 0xD9)
        w->failed = 1;
    end_segment(w);
    if (w->protect && !w->failed)
        parity_at = begin_parity(w, jpeg_length - 2, &codewords);
    if (w->failed)
        return 0;
    behind = without_start(jpeg, jpeg_length);
    set_32(w->buffer + AFTER_CRC, (uint32_t)(w->length + w->referred + behind.length));
    w->buffer[AFTER_CRC + 6] = (uint8_t)w->segments;
    if (w->protect)
        put_parity(w, behind, parity_at, codewords);
    listed = list_pieces(w, AFTER_CRC, w->length, behind, pieces);
    set_32(w->buffer + CRC_AT, crc_of_pieces(n6_crc32(0, w->buffer, CRC_AT), pieces, listed));
    return w->length;
}

/* --- reading --- */

n6_result n6_check(const uint8_t *frame, size_t length, n6_head *head)
{
    uint32_t crc;
    if (length < CRC_AT || memcmp(frame, "\xFF\xD8\xFF\xE9", 4) != 0 || memcmp(frame + 6, MAGIC, 6) != 0)
        return N6_PLAIN;
    if (length < N6_HEAD_SIZE || n6_u32(frame + AFTER_CRC) != length)
        return N6_LENGTH;
    crc = n6_crc32(0, frame, CRC_AT);
    if (n6_crc32(crc, frame + AFTER_CRC, length - AFTER_CRC) != n6_u32(frame + CRC_AT))
        return N6_CHECKSUM;
    head->major = frame[20];
    head->minor = frame[21];
    if (head->major != N6_MAJOR)
        return N6_VERSION;
    head->segments = frame[22];
    head->fields = frame[23];
    head->sequence = n6_u32(frame + 24);
    head->microseconds = n6_u32(frame + 32) | ((uint64_t)n6_u32(frame + 36) << 32);
    head->model = frame + 40;
    return head->segments == 0 || head->fields < N6_HEAD_SIZE ? N6_CONTENT : N6_OK;
}

void n6_fields_begin(n6_fields *it, const uint8_t *frame, size_t length, const n6_head *head)
{
    it->frame = frame;
    it->length = length;
    it->at = head->fields;
    it->end = 4 + big_endian_16(frame + LENGTH_AT);
    it->segment = 0;
    it->segments = head->segments;
}

/* Go on to the next segment: 1, 0 behind the last one, -1 where there should be one. */
static int next_segment(n6_fields *it)
{
    const uint8_t *head = it->frame + it->end;
    if (it->at != it->end || it->end > it->length)
        return -1;
    if (++it->segment == it->segments)
        return 0;
    if (it->length - it->end < N6_MORE_HEAD || head[0] != 0xFF || head[1] != 0xE9 || memcmp(head + 4, MORE, 6) != 0 ||
        head[10] != it->segment)
        return -1;
    it->at = it->end + N6_MORE_HEAD;
    it->end += 2 + big_endian_16(head + 2);
    return it->at > it->end ? -1 : 1;
}

int n6_fields_next(n6_fields *it, n6_field *field)
{
    while (it->at >= it->end) {
        int found = next_segment(it);
        if (found <= 0)
            return found;
    }
    if (it->end > it->length || it->end - it->at < 4)
        return -1;
    field->type = n6_u16(it->frame + it->at);
    field->length = n6_u16(it->frame + it->at + 2);
    field->payload = it->frame + it->at + 4;
    if (field->length > it->end - it->at - 4)
        return -1;
    it->at += 4 + field->length;
    return 1;
}
