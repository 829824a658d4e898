/* SPDX-License-Identifier: MIT
 *
 * See n6_stream.h.
 */
#include "n6_stream.h"

#include "n6_evaluate.h"

#include <string.h>

#define NONE (-1)
#define STATUS_MICROSECONDS 1000000u
#define LEAST_QUALITY 5u

/* --- from the computer --- */

static uint32_t received_count(const n6_stream *s)
{
    return s->received_in - s->received_out;
}

static void keep(n6_stream *s, uint8_t byte)
{
    s->received[s->received_in % N6_RECEIVE_SIZE] = byte;
    s->received_in++;
}

/* Whether the last byte that was kept ended a line. */
static bool at_start_of_line(const n6_stream *s)
{
    return s->received_in == 0u || s->received[(s->received_in - 1u) % N6_RECEIVE_SIZE] == (uint8_t)'\n';
}

/* Where bytes do not fit, all is dropped up to the end of their line; if a part of it was kept, that ends with a zero, which
 * no command contains. Two places are kept for that. */
void n6_stream_received(n6_stream *s, const uint8_t *data, size_t length)
{
    size_t i = n6_evaluate_take(s, data, length);
    for (; i < length; i++) {
        bool end = data[i] == (uint8_t)'\n';
        s->overrun = s->overrun || received_count(s) + 2u >= N6_RECEIVE_SIZE;
        if (!s->overrun) {
            keep(s, data[i]);
        } else if (end) {
            if (!at_start_of_line(s)) {
                keep(s, 0);
                keep(s, (uint8_t)'\n');
            }
            s->overrun = false;
        }
    }
}

void n6_stream_reply(n6_stream *s, uint16_t number, const char *why)
{
    if (s->reply_count == N6_MOST_REPLIES) {
        memmove(&s->replies[0], &s->replies[1], sizeof s->replies - sizeof s->replies[0]);
        s->reply_count--;
    }
    s->replies[s->reply_count].number = number;
    s->replies[s->reply_count].why = why;
    s->reply_count++;
}

/* Do what a command says; returns NULL, or why not. */
static const char *obey_one(n6_stream *s, const n6_command *command)
{
    switch (command->name) {
    case N6_CONFIDENCE:
        s->settings.confidence = command->value;
        break;
    case N6_IOU:
        s->settings.iou = command->value;
        break;
    case N6_SET_AVERAGE:
        s->settings.average = command->value > 0.0f;
        break;
    case N6_QUALITY:
        s->settings.quality = (uint8_t)command->value;
        break;
    case N6_STREAM:
        s->settings.streaming = command->value > 0.0f;
        break;
    case N6_SET_PROTECT:
        s->settings.protect = command->value > 0.0f;
        break;
    case N6_SEND_EXACT_INPUT:
        if (s->config.exact == NULL) {
            return "no room for it";
        }
        s->exact_wanted = true;
        break;
    case N6_EVALUATE:
    case N6_SEND_RAW_OUTPUT:
    case N6_TAKE_INPUT:
        return n6_evaluate_obey(s, command);
    case N6_HELLO:
    default:
        break;
    }
    s->status_due = true;
    return NULL;
}

static void obey(n6_stream *s)
{
    while (received_count(s) > 0u) {
        uint8_t byte = s->received[s->received_out % N6_RECEIVE_SIZE];
        s->received_out++;
        if (n6_line_take(&s->line, byte)) {
            n6_command command;
            const char *why = n6_parse_command(s->line.text, s->line.length, &command);
            s->line.length = 0;
            if (why == NULL) {
                why = obey_one(s, &command);
            }
            n6_stream_reply(s, command.number, why);
        }
    }
}

/* --- to the computer --- */

static bool idle(const n6_stream *s)
{
    return s->config.port.idle == NULL || s->config.port.idle(s->config.port.context);
}

static void begin_sending(n6_stream *s, int room)
{
    s->sending = room;
    s->piece_count =
        n6_pieces(&s->writers[room], s->config.rooms[room].jpeg, s->jpeg_lengths[room], s->pieces);
    s->piece = 0;
    s->taken = 0;
}

/* Give the port what it takes of the frame; returns whether it has taken, and is done with, all of it. */
static bool give(n6_stream *s)
{
    while (s->piece < s->piece_count) {
        const n6_piece *piece = &s->pieces[s->piece];
        if (s->taken < piece->length) {
            size_t count = s->config.port.write(s->config.port.context, piece->data + s->taken, piece->length - s->taken);
            if (count == 0u) {
                return false;
            }
            s->taken += count;
        }
        if (s->taken >= piece->length) {
            s->piece++;
            s->taken = 0;
        }
    }
    return idle(s);
}

bool n6_stream_poll(n6_stream *s)
{
    obey(s);
    while (s->sending != NONE && give(s)) {
        int next = s->queued;
        if (s->exact_room == s->sending) {
            s->exact_room = NONE;
        }
        if (s->answer.room == s->sending) {
            s->answer.room = NONE;
        }
        s->sending = NONE;
        s->queued = NONE;
        if (next != NONE) {
            begin_sending(s, next);
        }
    }
    return s->sending != NONE;
}

/* --- frames --- */

static int free_room(const n6_stream *s)
{
    int room;
    for (room = 0; room < N6_ROOMS; room++) {
        if (room != s->sending && room != s->queued) {
            return room;
        }
    }
    return NONE;
}

/* Encode an image; where it does not fit, once more with half the quality. */
static size_t encoded(n6_stream *s, const n6_image *image, const n6_room *room)
{
    const n6_encoder *encoder = &s->config.encoder;
    unsigned quality = s->settings.quality;
    size_t length = encoder->encode(encoder->context, image, quality, room->jpeg, room->jpeg_size);
    if (length == 0u) {
        if (s->told_quality != quality) {
            char text[N6_LONGEST_TEXT] = "an image could not be encoded with quality ";
            n6_text_number(text, quality, 1);
            n6_stream_log(s, text);
            s->told_quality = quality;
        }
        quality = quality / 2u < LEAST_QUALITY ? LEAST_QUALITY : quality / 2u;
        length = encoder->encode(encoder->context, image, quality, room->jpeg, room->jpeg_size);
    }
    return length;
}

/* Give up the frame that is being made. */
static void drop(n6_stream *s)
{
    if (s->exact_room == s->open && s->open != NONE) {
        s->exact_room = NONE;
        s->exact_wanted = true;
    }
    s->open = NONE;
    s->dropped++;
}

/* Count an image, and return the room for it; NONE where nobody wants it or nothing is free. */
static int begin_frame(n6_stream *s)
{
    int room;
    if (s->open != NONE) { /* the last one got no results */
        drop(s);
    }
    s->sequence++;
    room = free_room(s);
    if (room == NONE) {
        s->dropped++;
    }
    return room;
}

/* Let an encoded image wait for its results. */
static bool open_frame(n6_stream *s, int room, size_t length, uint64_t exposure)
{
    s->jpeg_lengths[room] = length;
    s->exposure = exposure;
    if (length == 0u) {
        s->dropped++;
        return false;
    }
    s->open = room;
    return true;
}

bool n6_stream_image(n6_stream *s, const n6_image *image, uint64_t exposure)
{
    uint64_t begin;
    size_t length;
    int room;
    (void)n6_stream_poll(s);
    if (s->settings.evaluating || (!s->settings.streaming && s->reply_count == 0u)) {
        if (s->open != NONE) {
            drop(s);
        }
        return false;
    }
    room = begin_frame(s);
    if (room == NONE) {
        return false;
    }
    begin = s->config.microseconds();
    length = encoded(s, image, &s->config.rooms[room]);
    s->encode_time = (uint32_t)(s->config.microseconds() - begin);
    return open_frame(s, room, length, exposure);
}

bool n6_stream_jpeg(n6_stream *s, const uint8_t *jpeg, size_t length, uint64_t exposure)
{
    int room = begin_frame(s);
    if (room == NONE) {
        return false;
    }
    s->encode_time = 0;
    if (length > s->config.rooms[room].jpeg_size) {
        length = 0;
    }
    memcpy(s->config.rooms[room].jpeg, jpeg, length);
    return open_frame(s, room, length, exposure);
}

void n6_stream_input(n6_stream *s, const uint8_t *pixels, uint16_t width, uint16_t height)
{
    size_t size = (size_t)width * height * 3u;
    if (!s->exact_wanted || s->open == NONE || s->exact_room != NONE) {
        return;
    }
    s->exact_wanted = false;
    if (size > s->config.exact_size) {
        n6_stream_log(s, "the model's input is too large to be sent");
        return;
    }
    memcpy(s->config.exact, pixels, size);
    s->exact_width = width;
    s->exact_height = height;
    s->exact_room = s->open;
}

static void put_pair(n6_writer *w, const char *key, const char *value)
{
    if (value != NULL) {
        n6_put_status(w, key, value);
    }
}

static void put_number(n6_writer *w, const char *key, uint32_t value)
{
    char text[N6_LONGEST_TEXT] = "";
    n6_text_number(text, value, 1);
    n6_put_status(w, key, text);
}

static void put_fraction(n6_writer *w, const char *key, float value)
{
    char text[N6_LONGEST_TEXT] = "";
    n6_text_fraction(text, value);
    n6_put_status(w, key, text);
}

static void put_status(const n6_stream *s, n6_writer *w)
{
    size_t i;
    put_pair(w, "board", s->config.board);
    put_pair(w, "firmware", s->config.firmware);
    put_pair(w, "model_name", s->config.model_name);
    put_fraction(w, "confidence", s->settings.confidence);
    put_fraction(w, "iou", s->settings.iou);
    put_pair(w, "average", s->settings.average ? "on" : "off");
    put_number(w, "quality", s->settings.quality);
    put_pair(w, "stream", s->settings.streaming ? "on" : "off");
    put_pair(w, "protect", s->settings.protect ? "on" : "off");
    put_number(w, "dropped", s->dropped);
    if (s->config.input != NULL) {
        put_pair(w, "evaluate", s->settings.evaluating ? "on" : "off");
    }
    for (i = 0; i < N6_MOST_STATUS && s->status[i].key != NULL; i++) {
        n6_put_status(w, s->status[i].key, s->status[i].value);
    }
}

/* Images are encoded before the model runs; that time is told by itself, so that all times add up. */
static uint32_t without_encoding(const n6_stream *s, uint32_t exposure_to_npu)
{
    return exposure_to_npu == N6_NOT_TOLD || exposure_to_npu < s->encode_time ? exposure_to_npu
                                                                             : exposure_to_npu - s->encode_time;
}

static void put_results(const n6_stream *s, n6_writer *w, const n6_results *r)
{
    static const float nobody[1] = {0.0f};
    if (r == NULL) {
        n6_put_timings(w, N6_NOT_TOLD, N6_NOT_TOLD, N6_NOT_TOLD, s->encode_time);
        n6_put_people(w, nobody, 0, 0);
    } else {
        const n6_view *v = &r->view;
        n6_put_timings(w, without_encoding(s, r->exposure_to_npu), r->npu, r->post_processing, s->encode_time);
        n6_put_view(w, v->resize, v->width, v->height, v->left, v->top, v->across, v->down);
        n6_put_top_score(w, r->top_score);
        n6_put_people(w, r->people, r->count, r->keypoints);
    }
}

static void put_texts(const n6_stream *s, n6_writer *w, bool status)
{
    size_t i;
    for (i = 0; i < s->line_count; i++) {
        n6_put_log(w, s->lines[i]);
    }
    for (i = 0; i < s->reply_count; i++) {
        char text[N6_LONGEST_REPLY];
        n6_format_reply(text, s->replies[i].number, s->replies[i].why);
        n6_put_status(w, "reply", text);
    }
    if (status) {
        put_status(s, w);
    }
}

bool n6_stream_results(n6_stream *s, const n6_results *results)
{
    int room = s->open;
    uint64_t now = s->config.microseconds();
    bool status = s->status_due || now - s->status_told >= STATUS_MICROSECONDS;
    n6_writer *w;
    if (room == NONE) {
        return false;
    }
    w = &s->writers[room];
    n6_begin(w, s->config.rooms[room].head, s->config.rooms[room].head_size, s->sequence - 1u, s->exposure,
             s->config.model);
    if (s->settings.protect) {
        n6_protect(w);
    }
    put_results(s, w, results);
    put_texts(s, w, status);
    if (s->exact_room == room) {
        n6_refer_exact_input(w, s->config.exact, s->exact_width, s->exact_height);
    }
    n6_evaluate_put(s, w, room);
    if (n6_finish(w, s->config.rooms[room].jpeg, s->jpeg_lengths[room]) == 0u) {
        bool exact = s->exact_room == room;
        s->line_count = 0; /* perhaps it is these that did not fit */
        drop(s);
        if (exact) { /* or this, and then it would not fit into any frame */
            s->exact_wanted = false;
            n6_stream_log(s, "the model's input does not fit into a frame");
        }
        return false;
    }
    if (status) {
        s->status_due = false;
        s->status_told = now;
    }
    s->line_count = 0;
    s->reply_count = 0;
    s->open = NONE;
    if (s->sending == NONE) {
        begin_sending(s, room);
    } else {
        s->queued = room;
    }
    (void)n6_stream_poll(s);
    return true;
}

/* --- the rest --- */

void n6_stream_start(n6_stream *s, const n6_stream_config *config)
{
    memset(s, 0, sizeof *s);
    s->config = *config;
    s->settings = config->settings;
    s->open = NONE;
    s->sending = NONE;
    s->queued = NONE;
    s->exact_room = NONE;
    s->answer.room = NONE;
    s->settings.evaluating = false;
    s->settings.raw_output = false;
    s->status_due = true;
}

void n6_stream_connected(n6_stream *s)
{
    s->received_out = s->received_in;
    s->line.length = 0;
    s->reply_count = 0;
    s->exact_wanted = false;
    s->settings.streaming = s->config.settings.streaming;
    s->settings.protect = s->config.settings.protect;
    n6_evaluate_forget(s);
    s->status_due = true;
}

const n6_settings *n6_stream_settings(const n6_stream *s)
{
    return &s->settings;
}

void n6_stream_log(n6_stream *s, const char *line)
{
    if (s->line_count == N6_MOST_LINES) {
        memmove(s->lines[0], s->lines[1], sizeof s->lines - sizeof s->lines[0]);
        s->line_count--;
    }
    s->lines[s->line_count][0] = '\0';
    n6_text_append(s->lines[s->line_count], line);
    s->line_count++;
}

void n6_stream_status(n6_stream *s, const char *key, const char *value)
{
    size_t i = 0;
    while (i < N6_MOST_STATUS && s->status[i].key != NULL && strcmp(s->status[i].key, key) != 0) {
        i++;
    }
    if (i < N6_MOST_STATUS) {
        char before[N6_LONGEST_TEXT];
        memcpy(before, s->status[i].value, sizeof before);
        s->status[i].key = key;
        s->status[i].value[0] = '\0';
        n6_text_append(s->status[i].value, value);
        s->status_due = s->status_due || strcmp(before, s->status[i].value) != 0;
    }
}
