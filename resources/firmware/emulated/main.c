/* SPDX-License-Identifier: MIT
 *
 * The firmware's portable whole on an emulated Cortex-M55: what an application does with a camera and an NPU, here with
 * those that a computer plays through memory that both see (window.h). Everything between them is what runs on a real
 * board: JPEG, post-processing, stream and commands.
 */
#include "machine.h"
#include "n6_decode.h"
#include "n6_evaluate.h"
#include "n6_jpeg.h"
#include "n6_split.h"
#include "n6_stream.h"
#include "window.h"

#include <string.h>

#define MOST_CANDIDATES 16384u
#define MOST_PEOPLE 300u
#define HEAD_BYTES 0x80000u
#define JPEG_BYTES 0x200000u
#define MOST_INPUT (4096u * 1024u)
#define HEARTBEAT_MICROSECONDS 30000000u

static volatile window *const shared = (volatile window *)WINDOW_AT;

static window_build build;
static n6_stream stream;
static n6_jpeg_sw jpeg;
static uint8_t mcus[(N6_MOST_SIDE / N6_MCU_SIDE) * N6_MCU_BYTES];
static uint8_t heads[N6_ROOMS][HEAD_BYTES], jpegs[N6_ROOMS][JPEG_BYTES], exact[MOST_INPUT], evaluated[MOST_INPUT];
static n6_candidate candidates[MOST_CANDIDATES];
static float people[MOST_PEOPLE * N6_PERSON_FLOATS(N6_MOST_KEYPOINTS)];
static n6_output output;
static n6_split split;
static n6_split_tables tables[N6_MOST_LEVELS];
static const int8_t *split_outputs[N6_LEVEL_OUTPUTS * N6_MOST_LEVELS];
static uint32_t power, connection, heartbeat;
static uint64_t heard;

/* --- the cable: two rings --- */

static size_t cable_write(void *context, const uint8_t *data, size_t length)
{
    uint32_t head = shared->out_head, room = RING_BYTES - (head - shared->out_tail), at = head % RING_BYTES;
    uint32_t count = length < room ? (uint32_t)length : room;
    uint32_t first = count < RING_BYTES - at ? count : RING_BYTES - at;
    (void)context;
    memcpy((uint8_t *)CABLE_OUT_AT + at, data, first);
    memcpy((uint8_t *)CABLE_OUT_AT, data + first, count - first);
    __asm__ volatile("dmb");
    shared->out_head = head + count;
    if (count > 0u) {
        machine_ring();
    }
    return count;
}

static void read_cable(void)
{
    uint32_t tail = shared->in_tail, waiting = shared->in_head - tail, at = tail % RING_BYTES;
    uint32_t first = waiting < RING_BYTES - at ? waiting : RING_BYTES - at;
    if (waiting == 0u) {
        return;
    }
    __asm__ volatile("dmb");
    n6_stream_received(&stream, (const uint8_t *)CABLE_IN_AT + at, first);
    n6_stream_received(&stream, (const uint8_t *)CABLE_IN_AT, waiting - first);
    shared->in_tail = tail + waiting;
    machine_ring();
}

/* --- what goes on all the time --- */

static void look_around(void)
{
    uint64_t now = machine_microseconds();
    if (shared->power != power) {
        machine_restart();
    }
    if (shared->heartbeat != heartbeat) {
        heartbeat = shared->heartbeat;
        heard = now;
    } else if (now - heard > HEARTBEAT_MICROSECONDS) {
        machine_power_off();
    }
    if (shared->connection != connection) {
        connection = shared->connection;
        n6_stream_connected(&stream);
    }
    read_cable();
    (void)n6_stream_poll(&stream);
}

/* Let the NPU run on what lies in the input. */
static void run_model(void)
{
    uint32_t wanted = shared->npu_wanted + 1u;
    shared->npu_wanted = wanted;
    machine_ring();
    while (shared->npu_done != wanted) {
        machine_sleep();
        look_around();
    }
    __asm__ volatile("dmb");
}

static n6_found find(const n6_thresholds *thresholds)
{
    if (split.levels > 0u) {
        return n6_split_decode(&split, tables, split_outputs, thresholds, candidates, MOST_CANDIDATES, people);
    }
    return n6_decode(&output, (const void *)OUTPUT_AT, thresholds, candidates, MOST_CANDIDATES, people);
}

static n6_results results_of_model(uint64_t exposure)
{
    n6_results found = {{(int)build.resize, (uint16_t)build.input_width, (uint16_t)build.input_height, build.left,
                         build.top, build.across, build.down},
                        people, 0, build.keypoints, 0.0f, 0, 0, 0};
    const n6_settings *settings = n6_stream_settings(&stream);
    uint64_t began = machine_microseconds(), ran;
    n6_thresholds thresholds;
    n6_found decoded;
    run_model();
    ran = machine_microseconds();
    thresholds.confidence = settings->confidence; /* as the next frame will tell them */
    thresholds.iou = settings->iou;
    thresholds.average = settings->average;
    thresholds.max_detections = (uint16_t)build.max_detections;
    decoded = find(&thresholds);
    n6_to_frame(people, decoded.count, build.keypoints, &found.view);
    found.count = decoded.count;
    found.top_score = decoded.top_score;
    found.exposure_to_npu = (uint32_t)(began - exposure);
    found.npu = (uint32_t)(ran - began);
    found.post_processing = (uint32_t)(machine_microseconds() - ran);
    return found;
}

/* The camera's image is done with: the next one may be written. */
static void let_image_go(void)
{
    shared->image_taken = shared->image_given;
    shared->sent = stream.sequence;
    shared->dropped = stream.dropped;
    machine_ring();
}

static bool answer(const n6_results *results)
{
    if (split.levels > 0u) {
        return n6_evaluate_answer_split(&stream, results, &split, split_outputs);
    }
    return n6_evaluate_answer(&stream, results, &output, (const void *)OUTPUT_AT);
}

/* Inputs that the computer at the other end of the cable sends. The model runs on them while an image of the camera waits,
 * for then nothing else is written where it reads. */
static void evaluate(void)
{
    while (n6_evaluating(&stream)) {
        look_around();
        if (!n6_evaluate_poll(&stream) || shared->image_given == shared->image_taken) {
            machine_sleep();
        } else {
            n6_results results;
            memcpy((void *)INPUT_AT, evaluated, (size_t)build.input_width * build.input_height * 3u);
            results = results_of_model(machine_microseconds());
            results.exposure_to_npu = N6_NOT_TOLD;
            (void)answer(&results);
        }
    }
    (void)n6_evaluate_poll(&stream);
    let_image_go();
}

/* An image of the camera and the model's input cut from it, which the camera's second pipe has written. */
static void take_image(void)
{
    n6_image image = {(const uint8_t *)IMAGE_AT, build.image_width * 2u, (uint16_t)build.image_width,
                      (uint16_t)build.image_height, N6_RGB565};
    uint64_t exposure = machine_microseconds();
    if (connection != 0u && n6_stream_image(&stream, &image, exposure)) {
        n6_results results = results_of_model(exposure);
        n6_stream_input(&stream, (const uint8_t *)INPUT_AT, (uint16_t)build.input_width, (uint16_t)build.input_height);
        (void)n6_stream_results(&stream, &results);
    }
}

/* --- power-up --- */

static void prepare_output(void)
{
    output.type = (n6_type)build.type;
    output.scale = build.scale;
    output.zero = build.zero;
    output.candidates = build.candidates;
    output.classes = (uint16_t)build.classes;
    output.keypoints = (uint16_t)build.keypoints;
    output.dims = (uint8_t)build.dims;
    output.normalised = build.normalised != 0u;
    output.end_to_end = build.end_to_end != 0u;
    output.width = (uint16_t)build.input_width;
    output.height = (uint16_t)build.input_height;
    if (output.end_to_end) {
        n6_candidates_first(&output);
    } else {
        n6_channels_first(&output);
    }
}

static n6_codes codes(float scale, int32_t zero)
{
    n6_codes found = {scale, zero};
    return found;
}

/* Outputs of a split head lie where one output would, in the order in which they are described. */
static void prepare_split(void)
{
    const int8_t *at = (const int8_t *)OUTPUT_AT;
    uint32_t i, k;
    split.levels = (uint8_t)(build.levels <= N6_MOST_LEVELS ? build.levels : 0u);
    split.classes = output.classes;
    split.keypoints = output.keypoints;
    split.dims = output.dims;
    split.width = output.width;
    split.height = output.height;
    split.factors = build.factors > 0u ? build.factor : NULL;
    for (i = 0; i < split.levels; i++) {
        const window_level *told = &build.level[i];
        const uint32_t channels[N6_LEVEL_OUTPUTS] = {N6_BOX_CODES, split.classes, (uint32_t)split.keypoints * split.dims};
        split.level[i].stride = (uint16_t)told->stride;
        split.level[i].box = codes(told->box_scale, told->box_zero);
        split.level[i].score = codes(told->score_scale, told->score_zero);
        split.level[i].keypoints = codes(told->keypoints_scale, told->keypoints_zero);
        for (k = 0; k < N6_LEVEL_OUTPUTS; k++) {
            split_outputs[N6_LEVEL_OUTPUTS * i + k] = at;
            at += (size_t)(split.width / told->stride) * (split.height / told->stride) * channels[k];
        }
    }
    n6_split_prepare(&split, tables);
}

static void start_stream(void)
{
    n6_stream_config config = {0};
    size_t room;
    config.board = build.board;
    config.firmware = build.firmware;
    config.model_name = build.model_name;
    config.model = build.model;
    config.port.write = cable_write;
    config.encoder = n6_jpeg_sw_encoder(&jpeg, mcus, sizeof mcus);
    for (room = 0; room < N6_ROOMS; room++) {
        config.rooms[room].head = heads[room];
        config.rooms[room].head_size = HEAD_BYTES;
        config.rooms[room].jpeg = jpegs[room];
        config.rooms[room].jpeg_size = JPEG_BYTES;
    }
    config.input = evaluated;
    config.input_width = (uint16_t)build.input_width;
    config.input_height = (uint16_t)build.input_height;
    config.exact = exact;
    config.exact_size = sizeof exact;
    config.microseconds = machine_microseconds;
    config.settings.confidence = build.confidence;
    config.settings.iou = build.iou;
    config.settings.average = build.average != 0u;
    config.settings.quality = (uint8_t)build.quality;
    config.settings.streaming = true;
    config.settings.protect = build.protect != 0u;
    n6_stream_start(&stream, &config);
    if (build.marker != 0u) {
        n6_stream_status(&stream, "marker", "1");
    }
}

static void wait_for_power(void)
{
    uint32_t before = shared->heartbeat;
    uint64_t since = machine_microseconds();
    while (shared->power == 0u || shared->power == WINDOW_OFF || shared->magic != WINDOW_MAGIC || shared->layout != WINDOW_LAYOUT) {
        machine_sleep();
        if (shared->heartbeat != before) {
            before = shared->heartbeat;
            since = machine_microseconds();
        } else if (shared->power == WINDOW_OFF || machine_microseconds() - since > HEARTBEAT_MICROSECONDS) {
            machine_power_off();
        }
    }
    power = shared->power;
    heartbeat = shared->heartbeat;
    heard = machine_microseconds();
}

int main(void)
{
    machine_start();
    wait_for_power();
    memcpy(&build, (const void *)&shared->build, sizeof build);
    shared->in_tail = shared->in_head;
    shared->image_taken = shared->image_given;
    shared->npu_wanted = shared->npu_done;
    prepare_output();
    prepare_split();
    start_stream();
    shared->booted = power;
    machine_ring();
    for (;;) {
        look_around();
        if (n6_evaluating(&stream)) {
            evaluate();
        } else if (shared->image_given != shared->image_taken) {
            take_image();
            let_image_go();
        } else {
            machine_sleep();
        }
    }
}
