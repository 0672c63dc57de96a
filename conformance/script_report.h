/*
 * What the prelude writes down: entries of the log and the timeline, findings, events.
 *
 *   host.log { kind, actor, peer, text, hex, file, line }     now, see struct case_report
 *   host.finding(fields of struct case_finding, detail)
 *   host.expectation()                 one more was judged
 *   host.source_line(file, line)       of the script, or nil
 *   host.keep_event(json)
 */
#ifndef CONFORMANCE_SCRIPT_REPORT_H
#define CONFORMANCE_SCRIPT_REPORT_H

#include <lua.h>

struct case_finding;
struct script_host;

void script_report_add(lua_State *L, int host_index);

/* Adds a finding; the first of the worst gives the report its detail. */
void script_report_finding(struct script_host *h, const struct case_finding *f, const char *detail);

#endif
