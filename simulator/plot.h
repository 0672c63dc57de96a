/*
 * Plots as SVG inside a page: lines over time, percentile curves, points over load. No script and
 * nothing outside: colours are classes `c0`..`c5` of the page's style, text takes its colour.
 */
#ifndef SIMULATOR_PLOT_H
#define SIMULATOR_PLOT_H

#include "lib/buf.h"
#include "simulator/show.h"

enum plot_x {
    PLOT_TIME,  /* seconds from the start of the run */
    PLOT_NINES, /* percentile as -log10(1 - part): 90 %, 99 %, 99.9 % are equally far apart */
    PLOT_LOAD,  /* any number from 0 */
};

enum plot_style { PLOT_LINE, PLOT_DASHED, PLOT_AREA, PLOT_POINTS, PLOT_CROSSES };

struct plot_line {
    const char *name;
    const double *x; /* rising, but for points */
    const double *y; /* NAN: a gap */
    size_t count;
    int colour; /* 0..5 */
    enum plot_style style;
};

/* A part of the x axis with a name. */
struct plot_band {
    const char *name;
    double from;
    double to;
};

enum { PLOT_LINE_MAX = 6 };

struct plot {
    const char *title;
    const char *text; /* what is to be seen, and how to read it: a sentence or two */
    enum plot_x x;
    enum show_unit x_unit; /* of PLOT_LOAD */
    enum show_unit unit;   /* of y */
    bool logarithmic;      /* y */
    struct plot_line line[PLOT_LINE_MAX];
    size_t line_count;
    const struct plot_band *bands;
    size_t band_count;
    double limit;           /* a level to be compared with; NAN: none */
    const char *limit_name; /* `publish.p99 < 50ms` */
    double mark;            /* a place on the x axis; NAN: none */
    const char *mark_name;
};

/* A figure with title, legend and text. Nothing but a sentence when no line has a point. */
void plot_add(struct buf *out, const struct plot *p);

#endif
