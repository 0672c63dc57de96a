#include "conformance/markup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/json.h"

enum { ROW_PX = 22, HEAD_PX = 34, TEXT_PX = 90, MAX_ROWS = 120, SHOWN_LEN = 90, ARROW_LEN = 38 };

static const char *const colours[VERDICTS] = {
    [VERDICT_PASS] = "#2e7d32",         [VERDICT_SKIPPED] = "#757575",
    [VERDICT_NA] = "#9e9e9e",           [VERDICT_WAIVED] = "#6a4fa3",
    [VERDICT_INCONCLUSIVE] = "#5c6bc0", [VERDICT_WARN] = "#b26a00",
    [VERDICT_STALE_WAIVER] = "#ad1457", [VERDICT_FAIL] = "#c62828",
    [VERDICT_ERROR] = "#4e342e",
};

const char *markup_colour(enum verdict v)
{
    assert((size_t)v < COUNT(colours));
    return colours[v];
}

/* --- ladders -------------------------------------------------------------------------------------
 */

enum lane { LANE_OPERATOR, LANE_DEVICE, LANE_TARGET, LANE_SINK, LANES };

static const char *const lane_names[LANES] = {"operator", "device", "target", "event sink"};

/* An arrow of the ladder for entries of a kind, and where it is named of an actor; others are
 * written across. */
static const struct arrow {
    const char *kind;
    const char *actor; /* NULL: any */
    enum lane from;
    enum lane to;
} arrows[] = {
    {"sent",     NULL,     LANE_DEVICE,   LANE_TARGET},
    {"received", NULL,     LANE_TARGET,   LANE_DEVICE},
    {"event",    NULL,     LANE_TARGET,   LANE_SINK  },
    {"command",  NULL,     LANE_OPERATOR, LANE_TARGET},
    {"dtls",     "device", LANE_DEVICE,   LANE_TARGET},
    {"dtls",     "target", LANE_TARGET,   LANE_DEVICE},
};

static const struct arrow *arrow_of(const json_t *entry)
{
    for (size_t i = 0; i < COUNT(arrows); i++) {
        if (strcmp(arrows[i].kind, json_text(entry, "kind")) == 0 &&
            (arrows[i].actor == NULL || strcmp(arrows[i].actor, json_text(entry, "actor")) == 0))
            return &arrows[i];
    }
    return NULL;
}

/* Most is said between device and target. */
static const int lane_x[LANES] = {140, 330, 800, 1110};

enum { WIDTH_PX = 1200, CHAR_TENTHS_PX = 73 };

struct place {
    int x;
    int y;
    const char *anchor;
    const char *class;
    size_t room; /* bytes that are seen, at most SHOWN_LEN */
};

/* The whole text on hovering; what is seen is cut, at the start of a UTF-8 character. */
static void add_svg_text(struct buf *out, struct place at, const char *text)
{
    char cut[SHOWN_LEN + 1] = "";
    size_t len = strlen(text);

    if (len > at.room) {
        len = at.room - 3;
        while (len > 0 && ((unsigned char)text[len] & 0xc0U) == 0x80U)
            len--;
    }
    memcpy(cut, text, len);
    cut[len] = '\0';
    buf_add_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" class=\"%s\"><title>", at.x,
                   at.y, at.anchor, at.class);
    markup_add(out, text);
    buf_add_str(out, STR("</title>"));
    markup_add(out, cut);
    buf_add_str(out, text[len] == '\0' ? STR("</text>\n") : STR("...</text>\n"));
}

/* A judgement stands out, and so does what the script calls a step. */
static const char *class_of(const json_t *entry)
{
    const char *text = json_text(entry, "text");
    struct str word = {text, strcspn(text, " ")};
    enum verdict v;

    if (strcmp(json_text(entry, "kind"), "note") == 0 && verdict_from_name(word, &v) &&
        v >= VERDICT_WARN)
        return "bad";
    return json_text(entry, "kind");
}

/* How many bytes of text fit over the arrow. */
static size_t room_between(const struct arrow *arrow)
{
    int room = abs(lane_x[arrow->to] - lane_x[arrow->from]) * 10 / CHAR_TENTHS_PX - 2;

    return room < SHOWN_LEN ? (size_t)room : SHOWN_LEN;
}

static void add_entry(struct buf *out, const json_t *entry, int y)
{
    const struct arrow *arrow = arrow_of(entry);
    const char *class = class_of(entry);
    char time[32];

    (void)snprintf(time, sizeof time, "%+.3f s",
                   (double)json_number(entry, "at_us") / (double)US_PER_S);
    add_svg_text(out, (struct place){TEXT_PX - 8, y, "end", "time", SHOWN_LEN}, time);
    if (arrow == NULL) {
        add_svg_text(out, (struct place){lane_x[LANE_DEVICE] + 6, y, "start", class, SHOWN_LEN},
                     json_text(entry, "text"));
        return;
    }
    buf_add_format(out,
                   "<line class=\"arrow %s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" "
                   "marker-end=\"url(#tip)\"/>\n",
                   class, lane_x[arrow->from], y + 4, lane_x[arrow->to], y + 4);
    add_svg_text(out,
                 (struct place){(lane_x[arrow->from] + lane_x[arrow->to]) / 2, y, "middle", class,
                                room_between(arrow)},
                 json_text(entry, "text"));
}

void markup_add_ladder(struct buf *out, const json_t *result)
{
    const json_t *timeline = json_object_get(result, "timeline");
    size_t count = json_array_size(timeline);
    size_t first = count > MAX_ROWS ? count - MAX_ROWS : 0;
    int height = HEAD_PX + ((int)(count - first) + 1) * ROW_PX;

    if (count == 0)
        return;
    buf_add_format(out, "<svg class=\"ladder\" width=\"%d\" height=\"%d\">\n", WIDTH_PX, height);
    for (int lane = 0; lane < LANES; lane++) {
        add_svg_text(out, (struct place){lane_x[lane], HEAD_PX / 2, "middle", "lane", SHOWN_LEN},
                     lane_names[lane]);
        buf_add_format(out, "<line class=\"life\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
                       lane_x[lane], HEAD_PX - 8, lane_x[lane], height - 4);
    }
    for (size_t i = first; i < count; i++)
        add_entry(out, json_array_get(timeline, i), HEAD_PX + (int)(i - first + 1) * ROW_PX - 6);
    buf_add_str(out, STR("</svg>\n"));
}
