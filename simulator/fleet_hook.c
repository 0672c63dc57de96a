/* What a profile's Lua sees of a fleet and changes, and what is written down for the command
 * replay. */
#include "lib/lazy.h"
#include "simulator/fleet_inside.h"

bool fleet_hook_init(struct fleet *f, char *why)
{
    struct hooks_options o = {
        .profile = f->profile,
        .seed = f->options.seed,
        .device_count = f->options.count,
    };

    if (!f->profile->has_hooks)
        return true;
    f->hooked = lazy_calloc(f->options.count, sizeof *f->hooked);
    f->hooks = hooks_new(&o, why);
    return f->hooks != NULL;
}

void fleet_hook_fini(struct fleet *f)
{
    hooks_free(&f->hooks);
    if (f->hooked != NULL)
        lazy_free(f->hooked, f->options.count, sizeof *f->hooked);
}

const char *fleet_hook_error(const struct fleet *f)
{
    return f->hooks == NULL ? NULL : hooks_error(f->hooks);
}

void fleet_hook_start(struct fleet *f, uint32_t i)
{
    if (f->hooks != NULL)
        hooks_on_start(f->hooks, f->options.first + i);
}

void fleet_trace(struct fleet *f, uint32_t i, enum trace_kind kind, int64_t at_us)
{
    const struct device *d = &f->devices[i];
    struct trace_event e = {.kind = kind, .device = f->options.first + i, .ct_s = d->ct_s};

    if (f->options.trace == NULL)
        return;
    e.at_us = at_us > f->start_us ? at_us - f->start_us : 0;
    if (kind == TRACE_PUBLISH)
        e.payload_len = (uint32_t)fleet_payload_len(f, i);
    f->options.trace(f->options.trace_arg, &e);
}

void fleet_hook_publish(struct fleet *f, uint32_t i, size_t payload_len, int64_t now_us)
{
    struct device *d = &f->devices[i];
    struct hooks_publish p = {
        .sequence = d->sequence,
        .at_us = now_us - f->start_us,
        .ct_s = d->ct_s,
        .payload_len = payload_len,
    };

    if (f->hooks == NULL)
        return;
    hooks_on_publish(f->hooks, f->options.first + i, &p);
    d->ct_s = (uint16_t)(p.ct_s > UINT16_MAX ? UINT16_MAX : p.ct_s);
    f->hooked[i].payload_len =
        (uint32_t)(p.payload_len > PUBLISH_MAX ? PUBLISH_MAX : p.payload_len);
    f->hooked[i].delay_ms = (uint32_t)(p.delay_us / US_PER_MS);
}

void fleet_hook_command(struct fleet *f, uint32_t i, struct str payload, int64_t now_us)
{
    struct hooks_event e = {
        .sequence = f->devices[i].sequence,
        .at_us = now_us - f->start_us,
        .payload = payload,
    };

    if (f->hooks != NULL)
        hooks_on_command(f->hooks, f->options.first + i, &e);
}

void fleet_hook_outcome(struct fleet *f, uint32_t i, uint8_t code, int64_t now_us)
{
    const struct device *d = &f->devices[i];
    struct hooks_event e = {
        .sequence = d->sequence,
        .at_us = now_us - f->start_us,
        .code = code,
        .latency_us = now_us - d->intended_us,
    };

    if (f->options.trace != NULL) {
        struct trace_event t = {.kind = TRACE_OUTCOME,
                                .device = f->options.first + i,
                                .at_us = now_us - f->start_us,
                                .code = code};

        f->options.trace(f->options.trace_arg, &t);
    }
    if (f->hooks == NULL)
        return;
    if (code == TRACE_TIMEOUT)
        hooks_on_timeout(f->hooks, f->options.first + i, &e);
    else
        hooks_on_response(f->hooks, f->options.first + i, &e);
}
