/* SPDX-License-Identifier: MIT
 *
 * See n6_live.h.
 */
#include "n6_live.h"

#include <string.h>

#include "n6_clock.h"
#include "n6_config.h"
#include "n6_evaluate.h"
#include "n6_link.h"
#include "n6_model.h"
#include "n6_self_test.h"
#include "n6_stream.h"
#include "stm32n6xx_hal.h"

#define RGB565_BYTES 2u
#define RGB888_BYTES 3u

#ifdef N6_PSRAM
#define OUTSIDE __attribute__((section(".psram_bss"), aligned(32)))
#else
#define OUTSIDE __attribute__((aligned(32)))
#endif

typedef struct {
    uint32_t width, height, pixel_bytes, pitch;
    uint32_t left, top, across, down; /* of the sensor; across is 0 where it is all of it */
    uint8_t *pixels;
} pipe_state;

static OUTSIDE uint8_t jpegs[N6_ROOMS][N6_JPEG_BYTES];
static OUTSIDE uint8_t heads[N6_ROOMS][N6_HEAD_BYTES];
#if N6_EXACT_BYTES > 0
static OUTSIDE uint8_t exact[N6_EXACT_BYTES];
#ifdef N6_PSRAM
static OUTSIDE uint8_t evaluated[N6_EXACT_BYTES]; /* a computer's input: the camera writes into the model's */
#else
static uint8_t *const evaluated = exact; /* never wanted at once, and memory inside the chip is scarce */
#endif
#endif
static uint8_t mcus[N6_MCU_ROW_BYTES];
static n6_candidate candidates[N6_LIVE_CANDIDATES];
static float people[N6_MAX_DETECTIONS * N6_PERSON_FLOATS(N6_KEYPOINTS)];
static float framed[N6_MAX_DETECTIONS * N6_PERSON_FLOATS(N6_KEYPOINTS)];

#ifdef N6_SPLIT_LEVELS
#ifdef N6_KEYPOINT_FACTORS
static const float factors[2u * N6_KEYPOINTS] = N6_KEYPOINT_FACTORS;
#else
static const float *const factors = NULL;
#endif
static const uint8_t places[N6_LIVE_OUTPUTS] = N6_SPLIT_PLACES;
static n6_split split = {.levels = N6_SPLIT_LEVELS, .level = N6_SPLIT_LEVEL_VALUES, .classes = N6_CLASSES,
                         .keypoints = N6_KEYPOINTS, .dims = N6_SPLIT_DIMS, .width = N6_INPUT_WIDTH,
                         .height = N6_INPUT_HEIGHT};
static n6_split_tables tables[N6_SPLIT_LEVELS];
static const int8_t *sorted[N6_LIVE_OUTPUTS]; /* the model's outputs as `split` has them */
#endif

static struct {
    pipe_state pipes[N6_PIPES];
    bool started;
    n6_stream stream;
    n6_output output;
    volatile n6_moment exposed_at;
    volatile uint32_t exposures;
    uint64_t exposed, began, ended; /* of the image that waits, on the board's clock */
    bool waiting;                   /* for the model's results */
    bool answering;                 /* the model's input is one of the computer's */
    uint32_t images, encoded, timed; /* for the self-test */
    uint64_t first, took[N6_TIMES];
} live;

#ifdef N6_SOFTWARE_JPEG
static n6_jpeg_sw software;
#endif

/* --- what is known of the camera --- */

void n6_live_geometry(n6_pipe pipe, uint32_t width, uint32_t height, uint32_t pixel_bytes, uint32_t pitch)
{
    pipe_state *p = &live.pipes[pipe];
    p->width = width;
    p->height = height;
    p->pixel_bytes = pixel_bytes;
    p->pitch = pitch;
}

void n6_live_crop(n6_pipe pipe, uint32_t left, uint32_t top, uint32_t width, uint32_t height)
{
    pipe_state *p = &live.pipes[pipe];
    p->left = left;
    p->top = top;
    p->across = width;
    p->down = height;
}

void n6_live_exposed(void)
{
    n6_moment now = n6_clock_moment();
    live.exposed_at.milliseconds = now.milliseconds;
    live.exposed_at.microseconds = now.microseconds;
    live.exposures++;
}

/* The moment when the last exposure ended; read again where an interrupt came in between. */
static uint64_t last_exposure(void)
{
    n6_moment moment;
    uint32_t count;
    do {
        count = live.exposures;
        moment.milliseconds = live.exposed_at.milliseconds;
        moment.microseconds = live.exposed_at.microseconds;
    } while (count != live.exposures);
    return n6_clock_of(moment);
}

#ifdef N6_IMAGE_OF_SCREEN
/* Whether one extent holds another, but for what the rounding of sizes takes off. */
static bool holds(uint32_t start, uint32_t length, uint32_t other, uint32_t other_length)
{
    uint32_t rounding = other_length / 64u;
    return start <= other + rounding && start + length + rounding >= other + other_length;
}

/* Whether a pipe shows all that the model sees of the sensor. A square screen does not where the model's input is wide. */
static bool holds_models_part(const pipe_state *pipe)
{
    const pipe_state *model = &live.pipes[N6_MODEL_PIPE];
    return pipe->across == 0u || model->across == 0u ||
           (holds(pipe->left, pipe->across, model->left, model->across) &&
            holds(pipe->top, pipe->down, model->top, model->down));
}
#endif

/* The pipe whose images are sent. Where the screen has none, none that can be encoded, or not all that the model sees, it is
 * the model's. */
static const pipe_state *shown(void)
{
    const pipe_state *screen = &live.pipes[N6_SCREEN_PIPE];
#ifdef N6_IMAGE_OF_SCREEN
    if (screen->pixels != NULL && screen->width > 0u && screen->pixel_bytes == RGB565_BYTES && holds_models_part(screen)) {
        return screen;
    }
#else
    (void)screen;
#endif
    return &live.pipes[N6_MODEL_PIPE];
}

static n6_view whole(void)
{
    n6_view found = {N6_STRETCH, N6_INPUT_WIDTH, N6_INPUT_HEIGHT, 0.0f, 0.0f, 1.0f, 1.0f};
    return found;
}

/* The part of the sent image that the model received. */
static n6_view view(void)
{
    const pipe_state *frame = shown(), *model = &live.pipes[N6_MODEL_PIPE];
    n6_view found = whole();
    bool same = frame->left == model->left && frame->top == model->top && frame->across == model->across &&
                frame->down == model->down;
    if (frame != model && !same && frame->across > 0u && frame->down > 0u && model->across > 0u && model->down > 0u) {
        found.resize = N6_CROP;
        found.left = ((float)model->left - (float)frame->left) / (float)frame->across;
        found.top = ((float)model->top - (float)frame->top) / (float)frame->down;
        found.across = (float)model->across / (float)frame->across;
        found.down = (float)model->down / (float)frame->down;
    }
    return found;
}

/* --- the stream --- */

static void received(const uint8_t *data, size_t length)
{
    n6_stream_received(&live.stream, data, length);
}

static n6_encoder encoder(void)
{
#ifdef N6_SOFTWARE_JPEG
    return n6_jpeg_sw_encoder(&software, mcus, sizeof mcus);
#else
    return n6_jpeg_hw_encoder(mcus, sizeof mcus);
#endif
}

static void describe_output(void)
{
    n6_output *o = &live.output;
    o->type = N6_OUTPUT_TYPE;
    o->scale = N6_OUTPUT_SCALE;
    o->zero = N6_OUTPUT_ZERO;
    o->candidates = N6_CANDIDATES;
    o->classes = N6_CLASSES;
    o->keypoints = N6_KEYPOINTS;
    o->dims = N6_DIMS;
    o->normalised = N6_NORMALISED != 0;
    o->end_to_end = false;
    o->width = N6_INPUT_WIDTH;
    o->height = N6_INPUT_HEIGHT;
    n6_channels_first(o);
#ifdef N6_SPLIT_LEVELS
    split.factors = factors;
    n6_split_prepare(&split, tables);
#endif
}

static void start(void)
{
    n6_stream_config config = {0};
    int room;
    config.board = N6_BOARD;
    config.firmware = N6_FIRMWARE;
    config.model_name = n6_model.name;
    config.model = n6_model.id;
    config.encoder = encoder();
    for (room = 0; room < N6_ROOMS; room++) {
        config.rooms[room].head = heads[room];
        config.rooms[room].head_size = sizeof heads[room];
        config.rooms[room].jpeg = jpegs[room];
        config.rooms[room].jpeg_size = sizeof jpegs[room];
    }
#if N6_EXACT_BYTES > 0
    config.exact = exact;
    config.exact_size = sizeof exact;
    config.input = evaluated;
    config.input_width = N6_INPUT_WIDTH;
    config.input_height = N6_INPUT_HEIGHT;
#endif
    config.microseconds = n6_clock_now;
    config.settings.confidence = N6_CONFIDENCE_AT_START;
    config.settings.iou = N6_IOU_AT_START;
    config.settings.average = N6_AVERAGE_AT_START != 0;
    config.settings.quality = N6_QUALITY_AT_START;
    config.settings.streaming = true;
    config.settings.protect = N6_PROTECT_AT_START != 0;
    config.port = n6_link_port();
    describe_output();
    n6_stream_start(&live.stream, &config);
    live.started = n6_link_start(received);
}

void n6_live_poll(void)
{
    if (live.started) {
        if (n6_link_connected()) {
            n6_stream_connected(&live.stream);
        }
        (void)n6_stream_poll(&live.stream);
    }
}

void n6_live_buffer(n6_pipe pipe, uint8_t *pixels)
{
    live.pipes[pipe].pixels = pixels;
    if (pipe == N6_MODEL_PIPE && !live.started) {
        start();
    }
    n6_live_poll();
}

/* --- an image --- */

/* What the camera wrote is in memory; the core's cache may have older bytes. Buffers begin and end at its lines. */
static void forget_cached(const pipe_state *pipe)
{
    SCB_InvalidateDCache_by_Addr(pipe->pixels, (int32_t)(pipe->pitch * pipe->height));
}

/* Whether there is an image that can be encoded. */
static bool describe_image(const pipe_state *pipe, n6_image *image)
{
    image->pixels = pipe->pixels;
    image->pitch = pipe->pitch;
    image->width = (uint16_t)pipe->width;
    image->height = (uint16_t)pipe->height;
    image->format = pipe->pixel_bytes == RGB565_BYTES ? N6_RGB565 : N6_RGB888;
    return pipe->pixels != NULL && pipe->width > 0u && pipe->height > 0u &&
           (pipe->pixel_bytes == RGB565_BYTES || pipe->pixel_bytes == RGB888_BYTES);
}

/* Keep the model's very input where it was asked for. Only rows without gaps are such an input. */
static void keep_input(void)
{
    const pipe_state *model = &live.pipes[N6_MODEL_PIPE];
    bool whole = model->pixels != NULL && model->pixel_bytes == RGB888_BYTES &&
                 model->pitch == model->width * RGB888_BYTES && model->width == N6_INPUT_WIDTH &&
                 model->height == N6_INPUT_HEIGHT;
    if (whole) {
        forget_cached(model);
        n6_stream_input(&live.stream, model->pixels, N6_INPUT_WIDTH, N6_INPUT_HEIGHT);
    }
}

/* While a computer evaluates, its inputs take the place of the camera's images. Returns whether one did; `paused` says whether
 * the image that waits has grown old. */
static bool take_evaluated(bool *paused)
{
    *paused = false;
#if N6_EXACT_BYTES > 0
    while (n6_evaluating(&live.stream) && n6_link_open()) {
        uint8_t *input = live.pipes[N6_MODEL_PIPE].pixels;
        *paused = true;
        n6_live_poll();
        if (n6_evaluate_poll(&live.stream) && input != NULL) {
            memcpy(input, evaluated, N6_EXACT_BYTES);
            SCB_CleanDCache_by_Addr((void *)input, (int32_t)N6_EXACT_BYTES);
            return true;
        }
    }
    if (*paused) {
        (void)n6_evaluate_poll(&live.stream); /* what there is still to say */
    }
#endif
    return false;
}

void n6_live_before_model(void)
{
    const pipe_state *pipe = shown();
    n6_image image;
    bool paused = false;
    live.waiting = false;
    n6_live_poll();
    live.answering = live.started && take_evaluated(&paused);
    if (live.started && !paused && n6_link_open() && describe_image(pipe, &image)) {
        live.exposed = last_exposure();
        live.images++;
        forget_cached(pipe);
        live.waiting = n6_stream_image(&live.stream, &image, live.exposed);
        live.encoded += live.waiting ? 1u : 0u;
        if (live.waiting) {
            keep_input();
        }
    }
    live.began = n6_clock_now();
    live.ended = live.began;
}

void n6_live_after_model(void)
{
    live.ended = n6_clock_now();
}

/* --- results --- */

/* Add up the times of an image. */
static void count_times(const n6_results *results)
{
    if (live.images <= N6_SELF_TEST_IMAGES && results->exposure_to_npu != N6_NOT_TOLD && results->npu != N6_NOT_TOLD) {
        live.timed++;
        live.took[N6_TO_MODEL] += results->exposure_to_npu;
        live.took[N6_MODEL] += results->npu;
        live.took[N6_POST_PROCESSING] += results->post_processing;
        live.took[N6_ENCODING] += live.stream.encode_time;
    }
}

/* Say once how it goes; the frame that waits is the one behind the images that count. */
static void self_test(const n6_results *results)
{
    int room = live.stream.open;
    if (live.images == 1u) {
        live.first = live.exposed;
    }
    count_times(results);
    if (live.images == N6_SELF_TEST_IMAGES + 1u && room >= 0) {
        n6_self_test_facts facts;
        n6_image image;
        (void)describe_image(shown(), &image);
        facts.images = N6_SELF_TEST_IMAGES;
        facts.encoded = live.encoded - 1u;
        facts.dropped = live.stream.dropped;
        facts.link = n6_link_name();
        facts.timed = live.timed;
        memcpy(facts.took, live.took, sizeof facts.took);
        facts.first = live.first;
        facts.last = live.exposed;
        facts.image = &image;
        facts.jpeg = live.stream.config.rooms[room].jpeg;
        facts.jpeg_length = live.stream.jpeg_lengths[room];
        n6_self_test_log(&live.stream, &facts);
    }
}

static bool answer(const n6_results *results, const void *output)
{
#ifdef N6_SPLIT_LEVELS
    (void)output;
    return n6_evaluate_answer_split(&live.stream, results, &split, sorted);
#else
    return n6_evaluate_answer(&live.stream, results, &live.output, output);
#endif
}

/* Send results with the image that waits, or as the answer to a computer's input. That may refer to the output, whose memory
 * the camera's next image can share, so it is sent before this returns. */
static void send(const n6_results *results, const void *output)
{
    if (live.answering) {
        live.answering = false;
        if (answer(results, output)) {
            while (n6_stream_poll(&live.stream) && n6_link_open()) {
            }
        }
    } else {
        live.waiting = false;
        self_test(results);
        (void)n6_stream_results(&live.stream, results);
    }
}

static uint32_t between(uint64_t from, uint64_t to)
{
    return to >= from ? (uint32_t)(to - from) : N6_NOT_TOLD;
}

static n6_found decode(void *const *outputs, const n6_thresholds *thresholds, n6_candidate *room, float *found)
{
#ifdef N6_SPLIT_LEVELS
    uint32_t i;
    for (i = 0; i < N6_LIVE_OUTPUTS; i++) {
        sorted[i] = (const int8_t *)outputs[places[i]];
    }
    return n6_split_decode(&split, tables, sorted, thresholds, room, N6_LIVE_CANDIDATES, found);
#else
    return n6_decode(&live.output, outputs[0], thresholds, room, N6_LIVE_CANDIDATES, found);
#endif
}

n6_found n6_live_find(void *const *outputs, n6_candidate *room, float *found)
{
    const n6_settings *settings = n6_stream_settings(&live.stream);
    n6_thresholds thresholds;
    if (!live.started) {
        describe_output();
    }
    thresholds.confidence = live.started ? settings->confidence : N6_CONFIDENCE_AT_START;
    thresholds.iou = live.started ? settings->iou : N6_IOU_AT_START;
    thresholds.average = live.started ? settings->average : N6_AVERAGE_AT_START != 0;
    thresholds.max_detections = N6_MAX_DETECTIONS;
    return decode(outputs, &thresholds, room, found);
}

uint32_t n6_live_results(void *const *outputs)
{
    n6_results results;
    uint64_t began = n6_clock_now();
    n6_found found = n6_live_find(outputs, candidates, people);
    results.post_processing = between(began, n6_clock_now());
    if (live.waiting || live.answering) {
        results.view = live.answering ? whole() : view();
        memcpy(framed, people, found.count * N6_PERSON_FLOATS(N6_KEYPOINTS) * sizeof(float));
        n6_to_frame(framed, found.count, N6_KEYPOINTS, &results.view);
        results.people = framed;
        results.count = found.count;
        results.keypoints = N6_KEYPOINTS;
        results.top_score = found.top_score;
        results.exposure_to_npu = live.answering ? N6_NOT_TOLD : between(live.exposed, live.began);
        results.npu = between(live.began, live.ended);
        send(&results, outputs[0]);
    }
    n6_live_poll();
    return found.count;
}

const float *n6_live_people(void)
{
    return people;
}
