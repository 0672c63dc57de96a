/*
 * What pages for people share: head and style, which are readable in light and in dark and on
 * paper, verdicts, and tables.
 */
#ifndef SIMULATOR_REPORT_PAGE_H
#define SIMULATOR_REPORT_PAGE_H

#include "lib/buf.h"
#include "simulator/result.h"
#include "simulator/show.h"

void report_page_begin(struct buf *out, const char *title);
void report_page_end(struct buf *out);

/* The class of a cell or a banner: `good`, `bad`, `odd`. */
const char *report_page_class(enum result_verdict v);

/* A figure in large: title, value, a word on it. */
void report_page_tile(struct buf *out, const char *title, const char *value, const char *text);

/* Begins a table, which `</table></div>` ends; headings are joined by `|`, those with `>` before
 * them are of numbers. */
void report_page_table(struct buf *out, const char *headings);
/* Cells of the open row: text is escaped. */
void report_page_cell(struct buf *out, const char *text);
void report_page_number(struct buf *out, enum show_unit unit, double value);

#endif
