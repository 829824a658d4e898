/* Reads and writes frames with n6_wire.c, so that the test vectors can judge it.
 *
 *     check read FRAME            prints what it says, repaired where that can be done, as JSON
 *     check write JPEG [PIXELS]   writes the frame of vector two_people, or exact_raw with the pixels, to standard output
 *     check refer JPEG PIXELS     writes the latter by pieces, without copying the pixels; `check refer-protect` with parity
 *     check protect JPEG [PIXELS] the same with parity: vectors protected and protected_raw
 *     check answer JPEG OUTPUT    writes vector answer, with the bytes of its raw output
 *     check parts JPEG OUTPUTS    writes vector answer_parts, with the bytes of its raw outputs
 *     check repair FRAME          writes it repaired to standard output, nothing where that cannot be done
 *     check command LINE          prints what it says, as JSON
 */
#include "n6_command.h"
#include "n6_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const RESULTS[] = {"ok", "plain", "length", "checksum", "version", "content"};

static uint8_t *load(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    if (file == NULL)
        exit(2);
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    data = malloc(*length + 1);
    if (data == NULL || fread(data, 1, *length, file) != *length)
        exit(2);
    fclose(file);
    return data;
}

static void print_text(const n6_field *field)
{
    size_t i;
    putchar('"');
    for (i = 0; i < field->length; i++) {
        if (field->payload[i] == '"' || field->payload[i] == '\\')
            putchar('\\');
        putchar(field->payload[i]);
    }
    putchar('"');
}

static void print_float(const char *before, float value)
{
    if (value - value == 0.0f)
        printf("%s%.9g", before, value);
    else
        printf("%snull", before); /* JSON has neither NaN nor infinity */
}

static int print_people(const n6_field *field)
{
    unsigned count, width, i;
    if (field->length < 4)
        return -1;
    count = n6_u16(field->payload);
    width = 5 + 3u * n6_u16(field->payload + 2);
    if (field->length < 4 + 4 * (size_t)count * width)
        return -1;
    printf("{\"people\": [");
    for (i = 0; i < count * width; i++)
        print_float(i == 0 ? "" : ", ", n6_f32(field->payload + 4 + 4 * i));
    printf("], \"count\": %u, \"keypoints\": %u}", count, n6_u16(field->payload + 2));
    return 0;
}

static int print_field(const n6_field *field)
{
    const uint8_t *at = field->payload;
    switch (field->type) {
    case N6_TIMINGS:
        if (field->length < 16)
            return -1;
        printf("{\"timings\": [%u, %u, %u, %u]}", n6_u32(at), n6_u32(at + 4), n6_u32(at + 8), n6_u32(at + 12));
        return 0;
    case N6_VIEW:
        if (field->length < 22)
            return -1;
        printf("{\"view\": [%u, %u, %u, %.9g, %.9g, %.9g, %.9g]}", at[0], n6_u16(at + 2), n6_u16(at + 4),
               n6_f32(at + 6), n6_f32(at + 10), n6_f32(at + 14), n6_f32(at + 18));
        return 0;
    case N6_PEOPLE:
        return print_people(field);
    case N6_EXACT_INPUT:
        if (field->length < 14 || n6_u16(at) > 4096 || n6_u16(at + 2) > 4096)
            return -1;
        printf("{\"exact\": [%u, %u, %u, %u, %u, %u, %u]}", n6_u16(at), n6_u16(at + 2), at[4], at[5], n6_u32(at + 6),
               n6_u32(at + 10), n6_crc32(0, at + 14, field->length - 14));
        return 0;
    case N6_LOG:
    case N6_STATUS:
        printf("{\"%s\": ", field->type == N6_LOG ? "log" : "status");
        print_text(field);
        putchar('}');
        return 0;
    case N6_TOP_SCORE:
        if (field->length < 4)
            return -1;
        printf("{\"top_score\": %.9g}", n6_f32(at));
        return 0;
    case N6_EVALUATION:
        if (field->length < 8)
            return -1;
        printf("{\"answer\": [%u, %u]}", n6_u16(at), n6_u32(at + 4));
        return 0;
    case N6_RAW_OUTPUT:
        if (field->length < 28)
            return -1;
        printf("{\"raw\": [%u, %u, %.9g, %d, %u, %u, %u, %u, %u]}", at[0], at[1], n6_f32(at + 4), (int)n6_u32(at + 8),
               n6_u32(at + 12), n6_u32(at + 16), n6_u32(at + 20), n6_u32(at + 24),
               n6_crc32(0, at + 28, field->length - 28));
        return 0;
    case N6_RAW_PART:
        if (field->length < 28 || at[3] < 2)
            return -1;
        printf("{\"part\": [%u, %u, %u, %u, %.9g, %d, %u, %u, %u, %u, %u]}", at[2], at[3], at[0], at[1], n6_f32(at + 4),
               (int)n6_u32(at + 8), n6_u32(at + 12), n6_u32(at + 16), n6_u32(at + 20), n6_u32(at + 24),
               n6_crc32(0, at + 28, field->length - 28));
        return 0;
    default:
        printf("{\"unknown\": %u}", field->type);
        return 0;
    }
}

/* Load a frame, and repair it where that is needed and can be done. */
static uint8_t *load_repaired(const char *path, size_t *length, n6_head *head, n6_result *result)
{
    uint8_t *frame = load(path, length);
    *result = n6_check(frame, *length, head);
    if (*result == N6_PLAIN || *result == N6_LENGTH || *result == N6_CHECKSUM) {
        if (*length >= N6_PROTECTED_HEAD && n6_repair_head(frame) == *length && n6_repair(frame, *length))
            *result = n6_check(frame, *length, head);
        else { /* as it came */
            free(frame);
            frame = load(path, length);
        }
    }
    return frame;
}

static int read_frame(const char *path)
{
    size_t length;
    n6_head head;
    n6_fields fields;
    n6_field field;
    n6_result result;
    uint8_t *frame = load_repaired(path, &length, &head, &result);
    int found, first = 1, i;
    printf("{\"result\": \"%s\"", RESULTS[result]);
    if (result == N6_OK) {
        printf(", \"version\": [%u, %u], \"sequence\": %u, \"device_time\": %llu, \"model\": \"", head.major, head.minor,
               head.sequence, (unsigned long long)head.microseconds);
        for (i = 0; i < 8; i++)
            printf("%02x", head.model[i]);
        printf("\", \"fields\": [");
        n6_fields_begin(&fields, frame, length, &head);
        while ((found = n6_fields_next(&fields, &field)) > 0) {
            if (!first)
                printf(", ");
            first = 0;
            if (print_field(&field) != 0) {
                found = -1;
                printf("null");
                break;
            }
        }
        printf("], \"whole\": %s", found == 0 ? "true" : "false");
    }
    printf("}\n");
    free(frame);
    return 0;
}

/* The same numbers as in make_vectors.py. */
static void fill_people(float *people, unsigned count, unsigned keypoints)
{
    unsigned person, i;
    for (person = 0; person < count; person++) {
        float *row = people + person * (5 + 3 * keypoints);
        row[0] = 0.125f + 0.25f * (float)person;
        row[1] = 0.25f;
        row[2] = row[0] + 0.1875f;
        row[3] = 0.875f;
        row[4] = 0.90625f - 0.125f * (float)person;
        for (i = 0; i < keypoints; i++) {
            row[5 + 3 * i] = row[0] + (float)i / 128.0f;
            row[6 + 3 * i] = 0.25f + (float)i / 32.0f;
            row[7 + 3 * i] = 1.0f - (float)i / 64.0f;
        }
    }
}

/* Refer to the three outputs of vector answer_parts, which lie one behind the other. */
static void refer_to_parts(n6_writer *w, const uint8_t *data)
{
    static const uint32_t candidates[3] = {40, 70000, 10}, channels[3] = {64, 1, 51};
    unsigned i;
    n6_put_evaluation(w, 3, 0x12345678u);
    for (i = 0; i < 3; i++) {
        n6_raw_output raw = {1, 1, 0.125f * (float)(i + 1), (int32_t)i - 5, channels[i], candidates[i], data,
                             (size_t)channels[i] * candidates[i], (uint8_t)i, 3};
        n6_refer_raw_output(w, &raw);
        data += raw.length;
    }
}

static int write_frame(const char *path, const char *pixels, const char *output, int parts, int protect, int refer)
{
    static uint8_t buffer[200000];
    static float people[2 * (5 + 3 * 17)];
    static const uint8_t model[8] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};
    size_t length, jpeg_length, ignored, count, i;
    uint8_t *jpeg = load(path, &jpeg_length), *input = NULL;
    n6_piece pieces[N6_MOST_PIECES];
    n6_writer w;
    n6_begin(&w, buffer, sizeof buffer, 4660, 1234567890123ull, model);
    if (protect)
        n6_protect(&w);
    n6_put_timings(&w, 21000, 34320, 850, N6_NOT_TOLD);
    n6_put_view(&w, N6_CROP, 256, 256, 0.1875f, 0.0f, 0.625f, 1.0f);
    n6_put_top_score(&w, 0.90625f);
    fill_people(people, 2, 17);
    n6_put_people(&w, people, 2, 17);
    n6_put_status(&w, "confidence", "0.5");
    n6_put_log(&w, "camera started");
    if (output != NULL && parts) {
        input = load(output, &ignored);
        refer_to_parts(&w, input);
    } else if (output != NULL) {
        n6_raw_output raw = {1, 0, 0.0078125f, -3, 8, 40, NULL, 0, 0, 0};
        input = load(output, &raw.length);
        raw.data = input;
        n6_put_evaluation(&w, 65535, 0xCBF43926u);
        n6_refer_raw_output(&w, &raw);
    }
    if (pixels != NULL) {
        input = load(pixels, &ignored);
        if (refer)
            n6_refer_exact_input(&w, input, 160, 160);
        else
            n6_put_exact_input(&w, input, 160, 160);
    }
    length = n6_finish(&w, jpeg, jpeg_length);
    if (length == 0)
        return 1;
    if (refer) {
        count = n6_pieces(&w, jpeg, jpeg_length, pieces);
        for (i = 0; i < count; i++)
            fwrite(pieces[i].data, 1, pieces[i].length, stdout);
    } else {
        fwrite(buffer, 1, length, stdout);
        fwrite(jpeg + 2, 1, jpeg_length - 2, stdout);
    }
    free(input);
    free(jpeg);
    return 0;
}

static int repair_frame(const char *path)
{
    size_t length;
    n6_head head;
    n6_result result;
    uint8_t *frame = load_repaired(path, &length, &head, &result);
    if (result == N6_OK)
        fwrite(frame, 1, length, stdout);
    free(frame);
    return 0;
}

static int read_command(const char *line)
{
    n6_command command;
    const char *why = n6_parse_command(line, strlen(line), &command);
    printf("{\"error\": \"%s\", \"number\": %u, \"name\": %d, \"value\": %.9g}\n", why == NULL ? "" : why, command.number,
           command.name, command.value);
    return 0;
}

int main(int count, char **words)
{
    if (count == 3 && strcmp(words[1], "read") == 0)
        return read_frame(words[2]);
    if (count >= 3 && strcmp(words[1], "write") == 0)
        return write_frame(words[2], count > 3 ? words[3] : NULL, NULL, 0, 0, 0);
    if (count >= 3 && strcmp(words[1], "protect") == 0)
        return write_frame(words[2], count > 3 ? words[3] : NULL, NULL, 0, 1, 0);
    if (count == 4 && strcmp(words[1], "refer") == 0)
        return write_frame(words[2], words[3], NULL, 0, 0, 1);
    if (count == 4 && strcmp(words[1], "refer-protect") == 0)
        return write_frame(words[2], words[3], NULL, 0, 1, 1);
    if (count == 4 && strcmp(words[1], "answer") == 0)
        return write_frame(words[2], NULL, words[3], 0, 0, 1);
    if (count == 4 && strcmp(words[1], "parts") == 0)
        return write_frame(words[2], NULL, words[3], 1, 0, 1);
    if (count == 3 && strcmp(words[1], "repair") == 0)
        return repair_frame(words[2]);
    if (count == 3 && strcmp(words[1], "command") == 0)
        return read_command(words[2]);
    return 2;
}
