/*
 * Walks over JSON text (RFC 8259, strict) without building a tree: nothing is converted, a number
 * keeps its digits, an escape its form.
 *
 * What a value is shows in its first character: `{` `[` `"` `t` `f` `n`, else it is a number.
 */
#ifndef LIB_JSON_WALK_H
#define LIB_JSON_WALK_H

#include "lib/base.h"
#include "lib/buf.h"

enum { JSON_WALK_MAX_DEPTH = 2048 };

/*
 * Takes one value, with white space before and behind it, from the start of *text. *value is its
 * text, without the white space around it. False when *text does not begin with a value, or when
 * it is nested deeper than JSON_WALK_MAX_DEPTH, or not UTF-8.
 */
bool json_walk_value(struct str *text, struct str *value) MUST_CHECK;

/* The members of an object, or the elements of an array. */
struct json_walk {
    struct str rest;
    bool object;
    bool begun;
};

/* value: as json_walk_value gives it. False: neither object nor array. */
bool json_walk_begin(struct json_walk *w, struct str value) MUST_CHECK;
/* The next one. *key is the text of the name with its quotes, empty in an array. False: the end. */
bool json_walk_next(struct json_walk *w, struct str *key, struct str *value) MUST_CHECK;

/*
 * Appends the characters of a string, whose text (with quotes) json_walk_value has checked, as
 * UTF-8. False when it holds half a surrogate pair, for which U+FFFD is appended.
 */
bool json_walk_string(struct str text, struct buf *out);

/* Appends s as a string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void json_walk_quote(struct buf *out, struct str s);

#endif
