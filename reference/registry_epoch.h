/*
 * When may memory that lock-free readers might still see be freed? After every reader has said that
 * it holds nothing from before (a quiescent point).
 *
 * One writer at a time (the registry's mutex) takes an object out of sight and retires it here;
 * each retirement starts a new epoch. A reader that has passed a quiescent point in that epoch or a
 * later one cannot hold the object; a reader that is offline holds nothing at all.
 */
#ifndef REFERENCE_REGISTRY_EPOCH_H
#define REFERENCE_REGISTRY_EPOCH_H

#include "lib/base.h"

struct epoch;
struct epoch_reader;

struct epoch *epoch_new(void);
/* Frees everything that is retired. Every reader must have left. */
void epoch_free(struct epoch **e);

/* --- readers: one a thread ----------------------------------------------------------------------
 */

/* Online from the start. */
struct epoch_reader *epoch_reader_new(struct epoch *e);
void epoch_reader_free(struct epoch_reader **r);
/* The reader holds nothing from before; it may hold what it finds from now on. */
void epoch_quiescent(struct epoch_reader *r);
/* The reader holds nothing and looks at nothing until its next epoch_quiescent. */
void epoch_offline(struct epoch_reader *r);

/* --- the writer
 * -----------------------------------------------------------------------------------
 */

typedef void epoch_free_fn(void *object);

/* object is out of sight of new look-ups; destroy(object) is called when no reader can hold it. */
void epoch_retire(struct epoch *e, void *object, epoch_free_fn *destroy);
/* Destroys what may be destroyed by now; returns how many objects still wait. */
size_t epoch_reclaim(struct epoch *e);

#endif
