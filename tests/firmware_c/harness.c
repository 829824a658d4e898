/* Runs the firmware's C on cases from a file, on the computer that builds it or on an emulated Cortex-M55, and writes what
 * came out, so that a test in Python can compare. cases.bin has records of kind, length (32 bits each, little endian) and
 * payload; answers.bin has for each kind, length, instructions, payload. Instructions are counted on the target only.
 */
#include "n6_command.h"
#include "n6_decode.h"
#include "n6_evaluate.h"
#include "n6_jpeg.h"
#include "n6_mcu.h"
#include "n6_stream.h"
#include "n6_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "stm32n6xx_hal.h"

#define MOST_PAYLOAD (4u << 20)
#define MOST_CANDIDATES 4096u

static uint32_t input_words[MOST_PAYLOAD / 4u];
static uint8_t output[MOST_PAYLOAD];
static uint32_t counted;

uint32_t get_u32(reader *r)
{
    uint32_t value = 0;
    if (r->left < 4u) {
        fprintf(stderr, "a case is too short\n");
        exit(3);
    }
    memcpy(&value, r->at, 4);
    r->at += 4;
    r->left -= 4u;
    return value;
}

float get_f32(reader *r)
{
    uint32_t bits = get_u32(r);
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

void put_bytes(writer *w, const void *data, size_t length)
{
    if (length > sizeof output - w->length) {
        fprintf(stderr, "an answer is too long\n");
        exit(3);
    }
    memcpy(output + w->length, data, length);
    w->length += length;
}

void put_u32(writer *w, uint32_t value)
{
    put_bytes(w, &value, 4);
}

void counting(void)
{
    counted = ticks();
}

void counted_so_far(writer *w)
{
    w->instructions = ticks() - counted;
}

/* --- the cases --- */

static void run_decode(reader *r, writer *w)
{
    static n6_candidate room[MOST_CANDIDATES];
    static float people[300u * N6_PERSON_FLOATS(N6_MOST_KEYPOINTS)];
    n6_output o = {0};
    n6_thresholds t;
    n6_view view = {0};
    n6_found found;
    uint32_t capacity;
    size_t size;
    o.type = (n6_type)get_u32(r);
    o.scale = get_f32(r);
    o.zero = (int32_t)get_u32(r);
    o.candidates = get_u32(r);
    o.classes = (uint16_t)get_u32(r);
    o.keypoints = (uint16_t)get_u32(r);
    o.dims = (uint8_t)get_u32(r);
    o.normalised = get_u32(r) != 0u;
    o.end_to_end = get_u32(r) != 0u;
    o.width = (uint16_t)get_u32(r);
    o.height = (uint16_t)get_u32(r);
    if (get_u32(r) != 0u) {
        n6_candidates_first(&o);
    } else {
        n6_channels_first(&o);
    }
    t.confidence = get_f32(r);
    t.iou = get_f32(r);
    t.max_detections = (uint16_t)get_u32(r);
    t.average = get_u32(r) != 0u;
    capacity = get_u32(r);
    view.width = o.width;
    view.height = o.height;
    view.left = get_f32(r);
    view.top = get_f32(r);
    view.across = get_f32(r);
    view.down = get_f32(r);
    counting();
    found = n6_decode(&o, r->at, &t, room, capacity < MOST_CANDIDATES ? capacity : MOST_CANDIDATES, people);
    counted_so_far(w);
    size = found.count * N6_PERSON_FLOATS(o.keypoints) * sizeof(float);
    put_u32(w, found.count);
    put_u32(w, found.dropped);
    put_bytes(w, &found.top_score, 4);
    put_bytes(w, people, size);
    n6_to_frame(people, found.count, o.keypoints, &view);
    put_bytes(w, people, size);
}

static n6_image get_image(reader *r)
{
    n6_image image;
    image.format = (n6_format)get_u32(r);
    image.width = (uint16_t)get_u32(r);
    image.height = (uint16_t)get_u32(r);
    image.pitch = get_u32(r);
    image.pixels = r->at;
    return image;
}

static void run_mcus(reader *r, writer *w)
{
    static uint8_t mcus[MOST_PAYLOAD];
    n6_image image = get_image(r);
    size_t size = n6_mcus(image.width) * N6_MCU_BYTES;
    uint32_t row;
    counting();
    for (row = 0; row < n6_mcus(image.height); row++) {
        n6_mcu_row(&image, row, mcus + row * size);
    }
    counted_so_far(w);
    put_bytes(w, mcus, row * size);
}

static uint8_t mcu_row[32768], jpeg[1u << 20];

static void run_software_jpeg(reader *r, writer *w)
{
    static n6_jpeg_sw state;
    unsigned quality = get_u32(r);
    size_t capacity = get_u32(r), length;
    n6_image image = get_image(r);
    n6_encoder encoder = n6_jpeg_sw_encoder(&state, mcu_row, sizeof mcu_row);
    if (capacity > sizeof jpeg) {
        exit(3);
    }
    memset(jpeg, 0xA5, sizeof jpeg);
    counting();
    length = encoder.encode(encoder.context, &image, quality, jpeg, capacity);
    counted_so_far(w);
    while (capacity < sizeof jpeg) {
        if (jpeg[capacity++] != 0xA5u) {
            fprintf(stderr, "written behind the end of the buffer\n");
            exit(3);
        }
    }
    put_bytes(w, jpeg, length);
}

/* The codec writes the first bytes of the payload; the answer is what it was given, and what comes out. */
static void run_codec(reader *r, writer *w)
{
    static uint8_t taken[MOST_PAYLOAD / 2u];
    static n6_encoder encoder;
    unsigned quality = get_u32(r);
    size_t capacity = get_u32(r), length;
    n6_image image;
    mock_codec.stick = (int)get_u32(r);
    mock_codec.output_length = get_u32(r);
    mock_codec.taken = taken;
    mock_codec.taken_room = sizeof taken;
    mock_codec.taken_length = 0;
    image = get_image(r);
    mock_codec.output = r->at;
    image.pixels += (mock_codec.output_length + 3u) & ~3u;
    if (encoder.encode == NULL) {
        encoder = n6_jpeg_hw_encoder(mcu_row, sizeof mcu_row);
    }
    length = encoder.encode(encoder.context, &image, quality, jpeg, capacity);
    put_u32(w, mock_codec.inits);
    put_u32(w, mock_codec.aborts);
    put_u32(w, mock_codec.settings.ImageWidth);
    put_u32(w, mock_codec.settings.ImageHeight);
    put_u32(w, mock_codec.settings.ImageQuality);
    put_u32(w, mock_codec.taken_length);
    put_bytes(w, taken, mock_codec.taken_length);
    put_bytes(w, jpeg, length);
}

/* Bytes from a computer; the answers, a line each, with what was understood. */
static void run_commands(reader *r, writer *w)
{
    n6_line line = {{0}, 0};
    for (; r->left > 0u; r->at++, r->left--) {
        n6_command command;
        char reply[N6_LONGEST_REPLY], text[96];
        const char *why;
        if (!n6_line_take(&line, *r->at)) {
            continue;
        }
        why = n6_parse_command(line.text, line.length, &command);
        line.length = 0;
        n6_format_reply(reply, command.number, why);
        snprintf(text, sizeof text, "%s|%d|%.9g\n", reply, why == NULL ? (int)command.name : -1,
                 why == NULL ? (double)command.value : 0.0);
        put_bytes(w, text, strlen(text));
    }
}

/* A frame with results, as the pieces that would be sent. */
static void run_frame(reader *r, writer *w)
{
    static uint8_t buffer[1u << 18];
    static float people[40000];
    n6_piece pieces[N6_MOST_PIECES];
    n6_writer frame;
    uint32_t sequence = get_u32(r), low = get_u32(r), high = get_u32(r), protect = get_u32(r), times[4], size[2], i;
    uint32_t count, keypoints, jpeg_length, exact[2];
    float part[4], top;
    const uint8_t *image, *model;
    size_t listed;
    for (i = 0; i < 4u; i++) {
        times[i] = get_u32(r);
    }
    size[0] = get_u32(r);
    size[1] = get_u32(r);
    for (i = 0; i < 4u; i++) {
        part[i] = get_f32(r);
    }
    top = get_f32(r);
    count = get_u32(r);
    keypoints = get_u32(r);
    for (i = 0; i < count * (5u + 3u * keypoints); i++) {
        people[i] = get_f32(r);
    }
    exact[0] = get_u32(r);
    exact[1] = get_u32(r);
    jpeg_length = get_u32(r);
    model = r->at;
    image = r->at + 8;
    counting();
    n6_begin(&frame, buffer, sizeof buffer, sequence, low | ((uint64_t)high << 32), model);
    if (protect != 0u) {
        n6_protect(&frame);
    }
    n6_put_timings(&frame, times[0], times[1], times[2], times[3]);
    n6_put_view(&frame, N6_STRETCH, size[0], size[1], part[0], part[1], part[2], part[3]);
    n6_put_top_score(&frame, top);
    n6_put_people(&frame, people, count, keypoints);
    n6_put_status(&frame, "confidence", "0.5");
    n6_put_log(&frame, "camera started");
    if (exact[0] != 0u) {
        n6_refer_exact_input(&frame, image + jpeg_length, exact[0], exact[1]);
    }
    if (n6_finish(&frame, image, jpeg_length) == 0u) {
        return;
    }
    listed = n6_pieces(&frame, image, jpeg_length, pieces);
    counted_so_far(w);
    for (i = 0; i < listed; i++) {
        put_bytes(w, pieces[i].data, pieces[i].length);
    }
}

/* --- the stream: a port that looks at what it took only later, and a clock that the script moves --- */

static struct {
    writer *w;
    size_t budget, length;
    const uint8_t *data;
} port;
static uint64_t now;

static void look(void)
{
    put_bytes(port.w, port.data, port.length);
    port.length = 0;
}

static size_t port_write(void *context, const uint8_t *data, size_t length)
{
    (void)context;
    look();
    port.data = data;
    port.length = length < port.budget ? length : port.budget;
    port.budget -= port.length;
    return port.length;
}

static bool port_idle(void *context)
{
    (void)context;
    if (port.budget > 0u) {
        look();
    }
    return port.length == 0u;
}

static uint64_t clock_now(void)
{
    return now;
}

/* A script of steps: what, and a number. */
static void run_stream(reader *r, writer *w)
{
    static const uint8_t model[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static uint8_t heads[2][8192], jpegs[2][8192], exact[64u * 64u * 3u], pixels[64u * 64u * 3u];
    static float people[10u * N6_PERSON_FLOATS(17)];
    static uint8_t input[64u * 64u * 3u];
    static float raw[56u * 84u];
    static n6_jpeg_sw state;
    static n6_stream s;
    n6_output layout = {N6_FLOAT32, 1.0f, 0, 84, 0, 0, 1, 17, 3, true, false, 64, 64};
    n6_stream_config config = {0};
    n6_results results = {{N6_STRETCH, 64, 64, 0.0f, 0.0f, 1.0f, 1.0f}, people, 0, 17, 0.5f, 10, 20, 30};
    n6_image image = {pixels, 192, 64, 64, N6_RGB888};
    static int8_t codes[64u * 116u];
    const int8_t *split_outputs[9];
    n6_split split = {3, {{8, {0.125f, -5}, {0.25f, -4}, {0.375f, -3}},
                          {16, {0.5f, -2}, {0.625f, -1}, {0.75f, 0}},
                          {32, {0.875f, 1}, {1.0f, 2}, {1.125f, 3}}}, 1, 17, 3, 64, 64, NULL};
    uint32_t i, at;
    now = 0;
    for (i = 0; i < sizeof codes; i++) {
        codes[i] = (int8_t)((int32_t)(i % 251u) - 125);
    }
    for (i = 0, at = 0; i < 9u; i++) { /* outputs may lie anywhere */
        split_outputs[i] = codes + at;
        at += 11u * (i % 3u == 0u ? 64u : i % 3u == 1u ? 1u : 51u);
    }
    port.w = w;
    port.length = 0;
    port.data = pixels;
    for (i = 0; i < sizeof pixels; i++) {
        pixels[i] = (uint8_t)(i * 7u >> 3);
    }
    for (i = 0; i < sizeof people / sizeof people[0]; i++) {
        people[i] = (float)(i % 64u) / 64.0f;
    }
    for (i = 0; i < sizeof raw / sizeof raw[0]; i++) {
        raw[i] = (float)i / 8.0f;
    }
    n6_channels_first(&layout);
    config.input = input;
    config.input_width = 64;
    config.input_height = 64;
    config.board = "harness";
    config.model = model;
    config.port.write = port_write;
    config.port.idle = port_idle;
    config.encoder = n6_jpeg_sw_encoder(&state, mcu_row, sizeof mcu_row);
    for (i = 0; i < 2u; i++) {
        config.rooms[i].head = heads[i];
        config.rooms[i].head_size = sizeof heads[i];
        config.rooms[i].jpeg = jpegs[i];
        config.rooms[i].jpeg_size = sizeof jpegs[i];
    }
    config.exact = exact;
    config.exact_size = sizeof exact;
    config.microseconds = clock_now;
    config.settings.confidence = 0.5f;
    config.settings.iou = 0.5f;
    config.settings.quality = 50;
    config.settings.streaming = true;
    n6_stream_start(&s, &config);
    while (r->left > 0u) {
        uint32_t what = get_u32(r), number = get_u32(r);
        switch (what) {
        case 1:
            n6_stream_received(&s, r->at, number);
            r->at += (number + 3u) & ~3u;
            r->left -= (number + 3u) & ~3u;
            break;
        case 2:
            (void)n6_stream_image(&s, &image, number);
            break;
        case 3:
            n6_stream_input(&s, pixels, (uint16_t)number, (uint16_t)number);
            break;
        case 4:
            results.count = number;
            (void)n6_stream_results(&s, number > 10u ? NULL : &results);
            break;
        case 5:
            port.budget = number;
            (void)n6_stream_poll(&s);
            break;
        case 6:
            n6_stream_connected(&s);
            break;
        case 7:
            n6_stream_log(&s, "a line");
            break;
        case 8:
            n6_stream_status(&s, "temperature", number > 40u ? "41" : "40");
            break;
        case 10:
            if (n6_evaluate_poll(&s)) {
                results.count = number;
                (void)n6_evaluate_answer(&s, &results, &layout, raw);
            }
            break;
        case 11: /* one memory for both, as where there is little */
            s.config.exact = input;
            s.config.exact_size = sizeof input;
            break;
        case 12:
            s.config.rooms[0].head_size = number;
            s.config.rooms[1].head_size = number;
            break;
        case 13:
            if (n6_evaluate_poll(&s)) {
                results.count = number;
                (void)n6_evaluate_answer_split(&s, &results, &split, split_outputs);
            }
            break;
        default:
            now += number;
            break;
        }
    }
    look();
}

static void run_case(uint32_t kind, reader *r, writer *w)
{
    switch (kind) {
    case 1:
        run_decode(r, w);
        break;
    case 2:
        run_mcus(r, w);
        break;
    case 3:
        run_software_jpeg(r, w);
        break;
    case 4:
        run_codec(r, w);
        break;
    case 5:
        run_commands(r, w);
        break;
    case 6:
        run_frame(r, w);
        break;
    case 7:
        run_stream(r, w);
        break;
    case 8:
        run_split(r, w);
        break;
    default:
        fprintf(stderr, "unknown kind %u\n", (unsigned)kind);
        exit(3);
    }
}

int main(void)
{
    static char buffers[2][1u << 16];
    FILE *cases, *answers;
    uint32_t head[2];
    start_counting();
    cases = fopen("cases.bin", "rb");
    answers = fopen("answers.bin", "wb");
    if (cases == NULL || answers == NULL) {
        return 2;
    }
    setvbuf(cases, buffers[0], _IOFBF, sizeof buffers[0]);
    setvbuf(answers, buffers[1], _IOFBF, sizeof buffers[1]);
    while (fread(head, 4, 2, cases) == 2) {
        reader r = {(const uint8_t *)input_words, head[1]};
        writer w = {0, 0};
        uint32_t told[3];
        if (head[1] > sizeof input_words || fread(input_words, 1, head[1], cases) != head[1]) {
            return 2;
        }
        run_case(head[0], &r, &w);
        told[0] = head[0];
        told[1] = (uint32_t)w.length;
        told[2] = w.instructions;
        fwrite(told, 4, 3, answers);
        fwrite(output, 1, w.length, answers);
    }
    fclose(cases);
    return fclose(answers) == 0 ? 0 : 2;
}
