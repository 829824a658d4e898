/* A case of the split head: how its outputs are to be read, thresholds and view, then the outputs one after the other. */
#include "harness.h"
#include "n6_split.h"

#define MOST_CANDIDATES 4096u
#define MOST_PEOPLE 300u

static n6_codes get_codes(reader *r)
{
    n6_codes found;
    found.scale = get_f32(r);
    found.zero = (int32_t)get_u32(r);
    return found;
}

void run_split(reader *r, writer *w)
{
    static n6_candidate room[MOST_CANDIDATES];
    static float people[MOST_PEOPLE * N6_PERSON_FLOATS(N6_MOST_KEYPOINTS)];
    static float factors[2u * N6_MOST_KEYPOINTS];
    static n6_split_tables tables[N6_MOST_LEVELS];
    const int8_t *outputs[N6_LEVEL_OUTPUTS * N6_MOST_LEVELS] = {0};
    n6_split s = {0};
    n6_thresholds t;
    n6_view view = {0};
    n6_found found;
    uint32_t i, capacity, given, length[N6_LEVEL_OUTPUTS];
    size_t size;
    s.levels = (uint8_t)get_u32(r);
    for (i = 0; i < s.levels && i < N6_MOST_LEVELS; i++) {
        s.level[i].stride = (uint16_t)get_u32(r);
        s.level[i].box = get_codes(r);
        s.level[i].score = get_codes(r);
        s.level[i].keypoints = get_codes(r);
    }
    s.classes = (uint16_t)get_u32(r);
    s.keypoints = (uint16_t)get_u32(r);
    s.dims = (uint8_t)get_u32(r);
    s.width = (uint16_t)get_u32(r);
    s.height = (uint16_t)get_u32(r);
    given = get_u32(r);
    for (i = 0; i < given; i++) {
        factors[i] = get_f32(r);
    }
    s.factors = given > 0u ? factors : NULL;
    t.confidence = get_f32(r);
    t.iou = get_f32(r);
    t.max_detections = (uint16_t)get_u32(r);
    t.average = get_u32(r) != 0u;
    capacity = get_u32(r);
    view.width = s.width;
    view.height = s.height;
    view.left = get_f32(r);
    view.top = get_f32(r);
    view.across = get_f32(r);
    view.down = get_f32(r);
    length[0] = N6_BOX_CODES;
    length[1] = s.classes;
    length[2] = (uint32_t)s.keypoints * s.dims;
    if (n6_split_valid(&s)) {
        const int8_t *at = (const int8_t *)r->at;
        n6_split_prepare(&s, tables);
        for (i = 0; i < N6_LEVEL_OUTPUTS * s.levels; i++) {
            uint32_t stride = s.level[i / N6_LEVEL_OUTPUTS].stride;
            outputs[i] = at;
            at += (size_t)(s.width / stride) * (s.height / stride) * length[i % N6_LEVEL_OUTPUTS];
        }
    }
    counting();
    found = n6_split_decode(&s, tables, outputs, &t, room, capacity < MOST_CANDIDATES ? capacity : MOST_CANDIDATES, people);
    counted_so_far(w);
    size = found.count * N6_PERSON_FLOATS(s.keypoints) * sizeof(float);
    put_u32(w, found.count);
    put_u32(w, found.dropped);
    put_bytes(w, &found.top_score, 4);
    put_bytes(w, people, size);
    n6_to_frame(people, found.count, s.keypoints, &view);
    put_bytes(w, people, size);
    put_u32(w, n6_split_candidates(&s));
    put_bytes(w, tables, s.levels <= N6_MOST_LEVELS ? s.levels * sizeof tables[0] : 0u);
}
