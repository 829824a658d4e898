/* Runs the firmware's C on cases from a file, on the computer that builds it or on an emulated Cortex-M55, and writes what
 * came out, so that a test in Python can compare. cases.bin has records of kind, length (32 bits each, little endian) and
 * payload; answers.bin has for each kind, length, instructions, payload. Instructions are counted on the target only.
 */
#include "n6_decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

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

static void run_case(uint32_t kind, reader *r, writer *w)
{
    switch (kind) {
    case 1:
        run_decode(r, w);
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
