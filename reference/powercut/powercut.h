/*
 * A power cut for tests: the disk keeps only what was synced (invariant 10 of ARCHITECTURE.md).
 *
 * The module interposes the calls by which a program changes files: it knows what each file held at
 * its last fsync or fdatasync, and which names the directory had at its last fsync. Before and
 * after every such call is a moment. At the chosen moment the directory is put back to what had
 * been synced, and the process is killed. A file whose fdatasync once failed is never synced again:
 * the kernel may have dropped its pages, and the next call's success says nothing.
 *
 * Two ways to use it. A test program links powercut.c and calls powercut_arm in a forked child. A
 * whole program is run with LD_PRELOAD=.../powercut.so and
 *
 *   POWERCUT_PREFIX=/dir/events.ndjson   the files that are modelled: absolute, one directory
 *   POWERCUT_AT=17                       the moment; 0: never
 *   POWERCUT_KEEP=50                     percent, as kept_percent below; 0 when absent
 *
 * Raise POWERCUT_AT until the program ends without being killed, and every moment has been seen.
 * Modelled are plain files that grow and are cut, not memory maps and not writes in the middle.
 */
#ifndef REFERENCE_POWERCUT_POWERCUT_H
#define REFERENCE_POWERCUT_POWERCUT_H

struct powercut_plan {
    const char *prefix; /* files whose absolute path begins so, and their directory */
    long at;            /* the moment of the cut, from 1; 0: never */
    /*
     * How much of what was written and not synced reaches the disk all the same. 0: nothing, and no
     * change of the directory either. Above: that part of each file's unsynced end, and all changes
     * of the directory; 100 is what kill -9 leaves.
     */
    int kept_percent;
    long fail_at;   /* this call (write, sync, rename, creation), from 1, fails; 0: none */
    int fail_errno; /* with this */
};

/* From now on. Once a process; what is on the disk now counts as synced. */
void powercut_arm(const struct powercut_plan *plan);

/* How many moments, and calls that can fail, there have been. */
long powercut_moments(void);
long powercut_calls(void);

#endif
