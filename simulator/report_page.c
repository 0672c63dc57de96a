#include "simulator/report_page.h"

#include "lib/markup.h"

static const char style[] =
    ":root{--bg:#fff;--fg:#1d2430;--dim:#5b6675;--line:#d8dee6;--soft:#f4f6f9;--band:#eef2f7;"
    "--good:#1a7f4b;--bad:#c0262d;--odd:#8a5a00;--c0:#1f6fd6;--c1:#d1760a;--c2:#c0262d;"
    "--c3:#15855a;--c4:#7b4bc4;--c5:#6b7482}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14181f;--fg:#e4e8ee;--dim:#9aa6b5;"
    "--line:#333b47;--soft:#1c222b;--band:#1e2530;--good:#4cc38a;--bad:#ff6b6b;--odd:#e0a93b;"
    "--c0:#63a6ff;--c1:#ffb454;--c2:#ff6b6b;--c3:#4cc38a;--c4:#b794f6;--c5:#9aa6b5}}\n"
    "*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);"
    "background:var(--bg);margin:0 auto;max-width:82rem;padding:1.5rem 1rem 4rem}\n"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}"
    "h3{font-size:1rem;margin:0 0 .2rem}p{margin:.4rem 0}code{font-size:.92em}"
    ".dim,figcaption{color:var(--dim);font-size:.88rem}\n"
    ".banner{border-left:.4rem solid;background:var(--soft);padding:.7rem 1rem;margin:1rem 0;"
    "border-radius:.3rem}.banner strong{font-size:1.15rem}.banner ul{margin:.3rem 0;"
    "padding-left:1.2rem}.banner p,.banner li{color:var(--fg)}\n"
    ".good{color:var(--good)}.bad{color:var(--bad)}.odd{color:var(--odd)}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.6rem,1fr));gap:.7rem}"
    ".tile{background:var(--soft);border-radius:.4rem;padding:.6rem .8rem}"
    ".tile b{display:block;font-size:1.45rem;font-weight:600;font-variant-numeric:tabular-nums}"
    ".tile span{font-size:.85rem;color:var(--dim);display:block}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;margin:.3rem 0}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .9rem .25rem 0;"
    "border-bottom:1px solid var(--line)}th{color:var(--dim);font-weight:500;font-size:.88rem}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "td.state{font-weight:600;white-space:nowrap}tr.zero{color:var(--dim)}\n"
    ".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,33rem),1fr));"
    "gap:1.6rem 2rem}figure{margin:0}section h2{margin-top:1rem}\n"
    ".plot{width:100%;height:auto;display:block}.plot text{font:12px system-ui,sans-serif;"
    "fill:var(--dim)}.grid{stroke:var(--line);stroke-width:1}.band{fill:var(--band)}"
    ".line{fill:none;stroke-width:1.7;stroke-linejoin:round;"
    "stroke-linecap:round}.dashed{stroke-dasharray:5 4;stroke-linecap:butt}"
    ".area{stroke:none;opacity:.3}.limit{stroke:var(--fg);stroke-dasharray:2 3;stroke-width:1.2}"
    ".plot "
    "text.limit{stroke:var(--bg);stroke-width:4px;stroke-dasharray:none;paint-order:stroke;fill:"
    "var(--fg)}.mark path{fill:none;stroke-width:2}\n"
    ".c0{stroke:var(--c0);fill:var(--c0)}.c1{stroke:var(--c1);fill:var(--c1)}"
    ".c2{stroke:var(--c2);fill:var(--c2)}.c3{stroke:var(--c3);fill:var(--c3)}"
    ".c4{stroke:var(--c4);fill:var(--c4)}.c5{stroke:var(--c5);fill:var(--c5)}"
    "path.line{fill:none}path.line.c5{stroke-width:1;opacity:.65}path.area{stroke:none}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.85rem;margin:0;"
    "color:var(--dim)}.legend span{white-space:nowrap}\n"
    ".none{color:var(--dim);border:1px dashed var(--line);padding:2rem;text-align:center}\n"
    "details{margin:.8rem 0}summary{cursor:pointer;color:var(--dim)}\n"
    "@media print{body{max-width:none}figure,table{break-inside:avoid}}\n";

void report_page_begin(struct buf *out, const char *title)
{
    buf_add_str(out, STR("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width\">\n"
                         "<meta name=\"color-scheme\" content=\"light dark\">\n<title>"));
    markup_add(out, title);
    buf_add_str(out, STR("</title>\n<style>\n"));
    buf_add_str(out, str_from(style));
    buf_add_str(out, STR("</style></head><body>\n<h1>"));
    markup_add(out, title);
    buf_add_str(out, STR("</h1>\n"));
}

void report_page_end(struct buf *out)
{
    buf_add_str(out, STR("</body></html>\n"));
}

const char *report_page_class(enum result_verdict v)
{
    return v == RESULT_GOOD ? "good" : v == RESULT_BROKEN ? "bad" : "odd";
}

void report_page_tile(struct buf *out, const char *title, const char *value, const char *text)
{
    buf_add_str(out, STR("<div class=\"tile\"><span>"));
    markup_add(out, title);
    buf_add_str(out, STR("</span><b>"));
    markup_add(out, value);
    buf_add_str(out, STR("</b><span>"));
    markup_add(out, text);
    buf_add_str(out, STR("</span></div>\n"));
}

void report_page_table(struct buf *out, const char *headings)
{
    buf_add_str(out, STR("<div class=\"wide\"><table><tr>"));
    for (;;) {
        size_t len = strcspn(headings, "|");
        bool number = headings[0] == '>';

        buf_add_str(out, number ? STR("<th class=\"n\">") : STR("<th>"));
        buf_add(out, headings + number, len - number);
        buf_add_str(out, STR("</th>"));
        if (headings[len] == '\0')
            break;
        headings += len + 1;
    }
    buf_add_str(out, STR("</tr>\n"));
}

void report_page_cell(struct buf *out, const char *text)
{
    buf_add_str(out, STR("<td>"));
    markup_add(out, text);
    buf_add_str(out, STR("</td>"));
}

void report_page_number(struct buf *out, enum show_unit unit, double value)
{
    char text[SHOW_LEN];

    buf_add_format(out, "<td class=\"n\">%s</td>", show(text, unit, value));
}
