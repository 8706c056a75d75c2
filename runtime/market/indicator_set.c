#include "market/indicator_set.h"

#include "market/timeframe.h"

#include <stdlib.h>
#include <string.h>

#define NO_VALUE __builtin_nan("")

struct reader {                  /* of one series: a slot of the table */
    const struct series *series; /* NULL: a free slot */
    struct indicator_instance *first, *last;
};

struct indicator_set {
    struct reader *readers; /* open addressing, a power of two, at most half full */
    size_t capacity, used;
};

#define READERS_AT_FIRST 64

struct indicator_set *indicator_set_new(void) {
    struct indicator_set *set = calloc(1, sizeof *set);
    if (set == NULL) {
        return NULL;
    }
    set->readers = calloc(READERS_AT_FIRST, sizeof *set->readers);
    if (set->readers == NULL) {
        free(set);
        return NULL;
    }
    set->capacity = READERS_AT_FIRST;
    return set;
}

static void instance_free(struct indicator_instance *instance) {
    free(instance->state);
    free(instance->history);
    free(instance);
}

void indicator_set_free(struct indicator_set *set) {
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < set->capacity; i++) {
        struct indicator_instance *next;
        for (struct indicator_instance *it = set->readers[i].first; it != NULL; it = next) {
            next = it->next;
            instance_free(it);
        }
    }
    free(set->readers);
    free(set);
}

/* The slot of that series, or the free one where it belongs. The place depends on an address, but
 * nothing is ever listed in the order of the table. */
static struct reader *reader_slot(struct reader *readers, size_t capacity, const struct series *s) {
    size_t hash = (size_t)(((uintptr_t)s >> 4) * 0x9E3779B97F4A7C15u >> 20);
    size_t at = hash & (capacity - 1);
    while (readers[at].series != NULL && readers[at].series != s) {
        at = (at + 1) & (capacity - 1);
    }
    return &readers[at];
}

static bool readers_grow(struct indicator_set *set) {
    size_t capacity = set->capacity * 2;
    struct reader *readers = calloc(capacity, sizeof *readers);
    if (readers == NULL) {
        return false;
    }
    for (size_t i = 0; i < set->capacity; i++) {
        if (set->readers[i].series != NULL) {
            *reader_slot(readers, capacity, set->readers[i].series) = set->readers[i];
        }
    }
    free(set->readers);
    set->readers = readers;
    set->capacity = capacity;
    return true;
}

static bool set_append(struct indicator_set *set, struct indicator_instance *instance) {
    if (2 * (set->used + 1) > set->capacity && !readers_grow(set)) {
        return false;
    }
    struct reader *reader = reader_slot(set->readers, set->capacity, instance->series);
    if (reader->series == NULL) {
        reader->series = instance->series;
        reader->first = instance;
        set->used++;
    } else {
        reader->last->next = instance;
    }
    reader->last = instance;
    return true;
}

static bool params_equal(
    const struct indicator_spec *spec,
    const struct indicator_params *a,
    const struct indicator_params *b
) {
    for (int i = 0; i < spec->param_count; i++) {
        if (a->v[i] != b->v[i]) {
            return false;
        }
    }
    return true;
}

static struct indicator_instance *set_find(
    const struct indicator_set *set,
    const struct series *series,
    const struct indicator_spec *spec,
    const struct indicator_params *params
) {
    struct indicator_instance *it = reader_slot(set->readers, set->capacity, series)->first;
    while (it != NULL && (it->spec != spec || !params_equal(spec, &it->params, params))) {
        it = it->next;
    }
    return it;
}

static void instance_catch_up(struct indicator_instance *instance);

static void
instance_read_inputs(const struct indicator_instance *instance, int64_t open_ms, double *values) {
    for (int i = 0; i < instance->input_count; i++) {
        struct indicator_instance *input = instance->inputs[i];
        uint64_t position;
        values[i] = NO_VALUE;
        if (!series_find_closed(input->series, input->series->count, open_ms, &position)) {
            continue;
        }
        if (position >= input->fed) {
            instance_catch_up(input);
        }
        values[i] = indicator_value(input, instance->input_output[i], position);
    }
}

static void instance_catch_up(struct indicator_instance *instance) {
    const struct indicator_spec *spec = instance->spec;
    while (instance->fed < instance->series->count) {
        uint64_t row = instance->fed & (SERIES_CAPACITY - 1);
        const struct bar *bar = series_at(instance->series, instance->fed);
        double inputs[INDICATOR_INPUTS_MAX];
        instance_read_inputs(instance, bar->time_ms, inputs);
        spec->push(
            instance->state, bar, inputs, &instance->history[row * (uint64_t)spec->output_count]
        );
        instance->fed++;
    }
}

static struct indicator_instance *instance_new(
    const struct series *series,
    const struct indicator_spec *spec,
    const struct indicator_params *params
) {
    struct indicator_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        return NULL;
    }
    instance->spec = spec;
    instance->params = *params;
    instance->series = series;
    instance->first = series->count > SERIES_HISTORY ? series->count - SERIES_HISTORY : 0;
    instance->fed = instance->first;
    instance->state = calloc(1, spec->size);
    instance->history = calloc(SERIES_CAPACITY, sizeof(double) * (size_t)spec->output_count);
    if (instance->state == NULL || instance->history == NULL) {
        instance_free(instance);
        return NULL;
    }
    spec->init(instance->state, params, series->timeframe_ms);
    return instance;
}

static int instance_open_inputs(
    struct indicator_set *set,
    struct indicator_instance *instance,
    const struct series_source *source,
    struct err *e
) {
    const struct indicator_spec *spec = instance->spec;
    if (spec->inputs == NULL) {
        return E_OK;
    }
    struct indicator_input inputs[INDICATOR_INPUTS_MAX];
    int count = spec->inputs(&instance->params, instance->series->timeframe_ms, inputs);
    for (int i = 0; i < count; i++) {
        const struct series *series = source->series_of(source->ctx, inputs[i].timeframe_ms);
        if (series == NULL) {
            return err_set(
                e, E_NOT_FOUND, "%s reads %s on %s, and there are no bars of %s", spec->name,
                inputs[i].indicator, timeframe_name(inputs[i].timeframe_ms),
                timeframe_name(inputs[i].timeframe_ms)
            );
        }
        int rc = indicator_set_open(
            set, series, indicator_find(inputs[i].indicator), &inputs[i].params, source,
            &instance->inputs[i], e
        );
        if (rc != E_OK) {
            return rc;
        }
        instance->input_output[i] = inputs[i].output;
    }
    instance->input_count = count;
    return E_OK;
}

int indicator_set_open(
    struct indicator_set *set,
    const struct series *series,
    const struct indicator_spec *spec,
    const struct indicator_params *params,
    const struct series_source *source,
    struct indicator_instance **instance,
    struct err *e
) {
    struct indicator_instance *found = set_find(set, series, spec, params);
    if (found != NULL) {
        *instance = found;
        return E_OK;
    }
    struct indicator_instance *made = instance_new(series, spec, params);
    if (made == NULL) {
        return err_set(e, E_MEMORY, "no memory for an instance of %s", spec->name);
    }
    int rc = instance_open_inputs(set, made, source, e);
    if (rc == E_OK && !set_append(set, made)) {
        rc = err_set(e, E_MEMORY, "no memory for one more series with indicators");
    }
    if (rc != E_OK) {
        instance_free(made);
        return rc;
    }
    instance_catch_up(made);
    *instance = made;
    return E_OK;
}

void indicator_set_push(struct indicator_set *set, const struct series *series) {
    struct indicator_instance *it = reader_slot(set->readers, set->capacity, series)->first;
    for (; it != NULL; it = it->next) {
        instance_catch_up(it);
    }
}
