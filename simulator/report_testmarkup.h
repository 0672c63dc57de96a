/*
 * Is a text well-formed markup, and does it need anything from outside?
 */
#ifndef SIMULATOR_REPORT_TESTMARKUP_H
#define SIMULATOR_REPORT_TESTMARKUP_H

/* Fails the test unless each element is closed in its order; `void` elements of HTML need not. */
void testmarkup_is_closed(const char *text);
/* Fails the test when the page would load or run anything. */
void testmarkup_is_alone(const char *text);

#endif
