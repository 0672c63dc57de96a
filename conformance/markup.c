#include "conformance/markup.h"

#include <stdio.h>
#include <string.h>

#include "conformance/json.h"

enum { ROW_PX = 22, HEAD_PX = 34, TEXT_PX = 90, LANE_PX = 250, MAX_ROWS = 120, SHOWN_LEN = 60 };

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

/* An arrow of the ladder for each kind of entry; others are written across. */
static const struct arrow {
    const char *kind;
    enum lane from;
    enum lane to;
} arrows[] = {
    {"sent",     LANE_DEVICE,   LANE_TARGET},
    {"received", LANE_TARGET,   LANE_DEVICE},
    {"event",    LANE_TARGET,   LANE_SINK  },
    {"command",  LANE_OPERATOR, LANE_TARGET},
};

static int lane_x(enum lane lane)
{
    return TEXT_PX + LANE_PX / 2 + (int)lane * LANE_PX;
}

/* The whole text on hovering; what is seen is cut, at the start of a UTF-8 character. */
static void add_svg_text(struct buf *out, int x, int y, const char *anchor, const char *text)
{
    char cut[SHOWN_LEN + 1] = "";
    size_t len = strlen(text);

    if (len > SHOWN_LEN) {
        len = SHOWN_LEN;
        while (len > 0 && ((unsigned char)text[len] & 0xc0U) == 0x80U)
            len--;
    }
    memcpy(cut, text, len);
    cut[len] = '\0';
    buf_add_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\"><title>", x, y, anchor);
    markup_add(out, text);
    buf_add_str(out, STR("</title>"));
    markup_add(out, cut);
    buf_add_str(out, text[len] == '\0' ? STR("</text>\n") : STR("...</text>\n"));
}

static void add_entry(struct buf *out, const json_t *entry, int y)
{
    const char *kind = json_text(entry, "kind");
    const struct arrow *arrow = NULL;
    char time[32];

    for (size_t i = 0; i < COUNT(arrows); i++) {
        if (strcmp(arrows[i].kind, kind) == 0)
            arrow = &arrows[i];
    }
    (void)snprintf(time, sizeof time, "%+.3f s",
                   (double)json_number(entry, "at_us") / (double)US_PER_S);
    add_svg_text(out, TEXT_PX - 8, y, "end", time);
    if (arrow == NULL) {
        add_svg_text(out, lane_x(LANE_DEVICE) + 6, y, "start", json_text(entry, "text"));
        return;
    }
    buf_add_format(out,
                   "<line class=\"arrow\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" "
                   "marker-end=\"url(#tip)\"/>\n",
                   lane_x(arrow->from), y + 4, lane_x(arrow->to), y + 4);
    add_svg_text(out, (lane_x(arrow->from) + lane_x(arrow->to)) / 2, y, "middle",
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
    buf_add_format(out, "<svg class=\"ladder\" width=\"%d\" height=\"%d\">\n",
                   TEXT_PX + LANES * LANE_PX, height);
    for (int lane = 0; lane < LANES; lane++) {
        add_svg_text(out, lane_x((enum lane)lane), HEAD_PX / 2, "middle", lane_names[lane]);
        buf_add_format(out, "<line class=\"life\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
                       lane_x((enum lane)lane), HEAD_PX - 8, lane_x((enum lane)lane), height - 4);
    }
    for (size_t i = first; i < count; i++)
        add_entry(out, json_array_get(timeline, i), HEAD_PX + (int)(i - first + 1) * ROW_PX - 6);
    buf_add_str(out, STR("</svg>\n"));
}
