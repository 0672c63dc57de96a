/*
 * The few words that every file uses: borrowed bytes, checked allocation, compile-time helpers.
 *
 * Asserts are on in every build: they state what only our own bug can break.
 */
#ifndef LIB_BASE_H
#define LIB_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef NDEBUG
#error "asserts stay on in every build: do not define NDEBUG"
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define NEVER_NULL __attribute__((returns_nonnull))
#define UNUSED(name) ((void)(name))
/* The struct of `type` whose `member` is at ptr. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)

/* Borrowed bytes: not NUL-terminated, may hold any byte. {NULL, 0} is the empty string. */
struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

static inline struct str str_from(const char *c_string)
{
    return (struct str){c_string, strlen(c_string)};
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Allocate or abort with a message: there are no untested out-of-memory paths. */
void *xmalloc(size_t size) NEVER_NULL;
void *xcalloc(size_t count, size_t size) NEVER_NULL;
void *xrealloc(void *old, size_t size) NEVER_NULL;
/* A NUL-terminated copy of s, to be freed by the caller. */
char *xstrdup(struct str s) NEVER_NULL;

#endif
