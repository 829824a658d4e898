/* SPDX-License-Identifier: MIT
 *
 * See n6_evaluate.h.
 */
#include "n6_evaluate.h"

#include <string.h>

#define CHECKSUM_BYTES 4u
#define PATIENCE_MICROSECONDS 1000000u /* with an input of which nothing more comes */
#define SILENCE_MICROSECONDS 60000000u /* after which the computer is gone, which a UART cannot know */
#define STATUS_MICROSECONDS 1000000u
#define NONE (-1)

/* Every frame is an image; that of an answer has 16 x 16 grey pixels. */
static const uint8_t GREY[] = {
    0xFF, 0xD8,                                                        /* SOI */
    0xFF, 0xDB, 0x00, 0x43, 0x00,                                      /* quantization: 64 times 1 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    0xFF, 0xC0, 0x00, 0x0B, 8, 0, 16, 0, 16, 1, 1, 0x11, 0,            /* baseline, 16 x 16, one component */
    0xFF, 0xC4, 0x00, 0x14, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* DC: one code, for no change */
    0xFF, 0xC4, 0x00, 0x14, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* AC: one code, for nothing more */
    0xFF, 0xDA, 0x00, 0x08, 1, 1, 0x00, 0, 63, 0,                      /* scan */
    0x00,                                                              /* four blocks of these two codes */
    0xFF, 0xD9};                                                       /* EOI */

static size_t pixel_bytes(const n6_stream *s)
{
    return (size_t)s->config.input_width * s->config.input_height * 3u;
}

size_t n6_evaluate_take(n6_stream *s, const uint8_t *data, size_t length)
{
    size_t taken = s->incoming.taken, total = s->incoming.total, pixels = total - CHECKSUM_BYTES, count, first;
    if (!s->incoming.taking) {
        return 0;
    }
    count = length < total - taken ? length : total - taken;
    first = taken >= pixels ? 0u : (count < pixels - taken ? count : pixels - taken);
    if (first > 0u) {
        memcpy(s->config.input + taken, data, first);
    }
    if (count > first) {
        memcpy(s->incoming.checksum + (taken + first - pixels), data + first, count - first);
    }
    s->incoming.taken = taken + count;
    s->incoming.taking = taken + count < total;
    return count;
}

static const char *begin_input(n6_stream *s, const n6_command *command)
{
    if (!s->settings.evaluating) {
        return "not evaluating";
    }
    if (s->incoming.total > 0u || s->answer.room != NONE ||
        (s->config.input == s->config.exact && s->exact_room != NONE)) {
        return "busy"; /* what is read from, or written to, must stay */
    }
    if ((size_t)command->value != pixel_bytes(s)) {
        return "not the input's size";
    }
    s->incoming.number = command->number;
    s->incoming.taken = 0;
    s->incoming.seen = 0;
    s->incoming.total = pixel_bytes(s) + CHECKSUM_BYTES;
    s->incoming.since = s->config.microseconds();
    s->incoming.taking = true;
    return NULL;
}

const char *n6_evaluate_obey(n6_stream *s, const n6_command *command)
{
    if (s->config.input == NULL) {
        return "not on this board";
    }
    if (command->name == N6_TAKE_INPUT) {
        return begin_input(s, command);
    }
    if (command->name == N6_EVALUATE) {
        s->settings.evaluating = command->value > 0.0f;
        s->incoming.taking = false;
        s->incoming.ready = false;
        s->incoming.total = 0;
    } else {
        s->settings.raw_output = command->value > 0.0f;
    }
    s->status_due = true;
    return NULL;
}

void n6_evaluate_forget(n6_stream *s)
{
    s->settings.evaluating = false;
    s->settings.raw_output = false;
    s->incoming.taking = false;
    s->incoming.ready = false;
    s->incoming.total = 0;
}

bool n6_evaluating(const n6_stream *s)
{
    return s->settings.evaluating;
}

static void refuse(n6_stream *s, const char *why)
{
    s->incoming.taking = false;
    s->incoming.total = 0;
    n6_stream_reply(s, s->incoming.number, why);
}

/* Look at the input under way: it is whole, or nothing more of it comes. */
static void look(n6_stream *s)
{
    uint64_t now = s->config.microseconds();
    size_t taken = s->incoming.taken, pixels = pixel_bytes(s);
    if (s->incoming.total == 0u || s->incoming.ready) {
        return;
    }
    if (!s->incoming.taking) {
        s->answer.checksum = n6_crc32(0, s->config.input, pixels);
        if (s->answer.checksum == n6_u32(s->incoming.checksum)) {
            s->incoming.ready = true;
        } else {
            refuse(s, "checksum");
        }
    } else if (taken != s->incoming.seen) {
        s->incoming.seen = taken;
        s->incoming.since = now;
    } else if (now - s->incoming.since > PATIENCE_MICROSECONDS) {
        refuse(s, "incomplete");
    }
}

/* Where there is something to say, and room for a frame, say it. */
static void speak(n6_stream *s)
{
    bool due = s->reply_count > 0u || s->status_due ||
               s->config.microseconds() - s->status_told >= STATUS_MICROSECONDS;
    if (due && s->queued == NONE && n6_stream_jpeg(s, GREY, sizeof GREY, s->config.microseconds())) {
        (void)n6_stream_results(s, NULL);
    }
}

/* End evaluation where the computer says nothing any more. */
static void miss(n6_stream *s)
{
    uint32_t heard = s->received_in + (uint32_t)s->incoming.taken;
    uint64_t now = s->config.microseconds();
    if (heard != s->incoming.heard || s->sending != NONE) {
        s->incoming.heard = heard;
        s->incoming.heard_at = now;
    } else if (now - s->incoming.heard_at > SILENCE_MICROSECONDS) {
        n6_evaluate_forget(s);
        s->status_due = true;
    }
}

bool n6_evaluate_poll(n6_stream *s)
{
    (void)n6_stream_poll(s);
    if (s->settings.evaluating) {
        miss(s);
    }
    if (!s->settings.evaluating) {
        speak(s); /* the reply to the command that ended it */
        return false;
    }
    look(s);
    if (!s->incoming.ready) {
        speak(s);
    }
    return s->incoming.ready && s->queued == NONE;
}

static bool answer(n6_stream *s, const n6_results *results, const n6_raw_output *raw, unsigned count)
{
    bool sent;
    if (!s->incoming.ready) {
        return false;
    }
    s->incoming.ready = false;
    s->incoming.total = 0;
    s->answer.raw = raw;
    s->answer.count = s->settings.raw_output ? count : 0u;
    s->answer.due = true;
    sent = n6_stream_jpeg(s, GREY, sizeof GREY, s->config.microseconds()) && n6_stream_results(s, results);
    s->answer.raw = NULL;
    s->answer.count = 0;
    if (sent) {
        return true;
    }
    s->answer.due = false;
    s->answer.room = NONE;
    n6_stream_reply(s, s->incoming.number, "the answer does not fit");
    return false;
}

bool n6_evaluate_answer(n6_stream *s, const n6_results *results, const n6_output *layout, const void *output)
{
    static const size_t sizes[] = {sizeof(float), 1, 1};
    n6_raw_output raw = {0};
    raw.type = (unsigned)layout->type;
    raw.candidates_first = layout->channel_stride == 1u ? 1u : 0u;
    raw.scale = layout->scale;
    raw.zero = layout->zero;
    raw.channels = n6_channels(layout);
    raw.candidates = layout->candidates;
    raw.data = output;
    raw.length = (size_t)raw.channels * raw.candidates * sizes[layout->type];
    return answer(s, results, &raw, 1);
}

bool n6_evaluate_answer_split(n6_stream *s, const n6_results *results, const n6_split *split,
                              const int8_t *const *outputs)
{
    n6_raw_output raw[N6_LEVEL_OUTPUTS * N6_MOST_LEVELS];
    unsigned count = N6_LEVEL_OUTPUTS * split->levels, i;
    for (i = 0; i < count; i++) {
        const n6_level *level = &split->level[i / N6_LEVEL_OUTPUTS];
        const n6_codes codes[N6_LEVEL_OUTPUTS] = {level->box, level->score, level->keypoints};
        const uint32_t channels[N6_LEVEL_OUTPUTS] = {N6_BOX_CODES, split->classes,
                                                     (uint32_t)split->keypoints * split->dims};
        unsigned branch = i % N6_LEVEL_OUTPUTS;
        raw[i].type = (unsigned)N6_INT8;
        raw[i].candidates_first = 1;
        raw[i].scale = codes[branch].scale;
        raw[i].zero = codes[branch].zero;
        raw[i].channels = channels[branch];
        raw[i].candidates = ((uint32_t)split->width / level->stride) * ((uint32_t)split->height / level->stride);
        raw[i].data = (const uint8_t *)outputs[i];
        raw[i].length = (size_t)raw[i].channels * raw[i].candidates;
        raw[i].number = (uint8_t)i;
        raw[i].count = (uint8_t)count;
    }
    return answer(s, results, raw, count);
}

void n6_evaluate_put(n6_stream *s, n6_writer *w, int room)
{
    unsigned i;
    if (s->answer.due) {
        s->answer.due = false;
        n6_put_evaluation(w, s->incoming.number, s->answer.checksum);
        for (i = 0; i < s->answer.count; i++) {
            s->answer.room = room;
            n6_refer_raw_output(w, &s->answer.raw[i]);
        }
    }
}
