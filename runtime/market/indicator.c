#include "market/indicator.h"

#include "market/indicator_family.h"
#include "market/timeframe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const output_value[1] = {"value"};
const char *const output_state[1] = {"state"};

/* The one table: bindings, reference and checks are made from it. */
static const struct indicator_spec *const specs[] = {
    &indicator_rsi,       &indicator_atr,      &indicator_atr_mean,    &indicator_ema,
    &indicator_sma,       &indicator_rma,      &indicator_stddev,      &indicator_bollinger,
    &indicator_jma,       &indicator_rq,       &indicator_t3,          &indicator_vidya,
    &indicator_cycle,     &indicator_bb_state, &indicator_trend_state, &indicator_adx,
    &indicator_adx_state, &indicator_centre,
};

static const char *const sources[] = {"open", "high", "low", "close"};

int indicator_count(void) {
    return PARAM_COUNT(specs);
}

const struct indicator_spec *indicator_at(int index) {
    return specs[index];
}

const struct indicator_spec *indicator_find(const char *name) {
    for (int i = 0; i < PARAM_COUNT(specs); i++) {
        if (strcmp(specs[i]->name, name) == 0) {
            return specs[i];
        }
    }
    return NULL;
}

int indicator_source_find(const char *name) {
    for (int i = 0; i < PARAM_COUNT(sources); i++) {
        if (strcmp(sources[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *indicator_source_name(int source) {
    return sources[source];
}

int warmup_of_first(const struct indicator_params *params) {
    (void)params;
    return 1;
}

int warmup_of_length(const struct indicator_params *params) {
    return (int)params->v[0];
}

void indicator_defaults(const struct indicator_spec *spec, struct indicator_params *out) {
    *out = (struct indicator_params){0};
    for (int i = 0; i < spec->param_count; i++) {
        out->v[i] = spec->params[i].value;
    }
}

static int param_unknown(const struct indicator_spec *spec, const char *name, struct err *e) {
    char names[256] = "";
    size_t length = 0;
    for (int i = 0; i < spec->param_count && length < sizeof names; i++) {
        int n = snprintf(
            names + length, sizeof names - length, "%s%s", i > 0 ? ", " : "", spec->params[i].name
        );
        length += n > 0 ? (size_t)n : 0;
    }
    if (spec->param_count == 0) {
        return err_set(e, E_NOT_FOUND, "%s has no parameters, so no \"%.40s\"", spec->name, name);
    }
    return err_set(
        e, E_NOT_FOUND, "%s has no parameter \"%.40s\": it has %s", spec->name, name, names
    );
}

static bool param_allows(const struct indicator_param *param, double value) {
    if (!(value >= param->min && value <= param->max)) {
        return false;
    }
    switch (param->kind) {
    case PARAM_NUMBER:
        return true;
    case PARAM_TIMEFRAME:
        return value == 0 || timeframe_name((int64_t)value)[0] != '?';
    case PARAM_INTEGER:
    case PARAM_SOURCE:
    case PARAM_BOOLEAN:
        break;
    }
    return value == floor(value);
}

static int param_refuse(
    const struct indicator_spec *spec, const struct indicator_param *param, struct err *e
) {
    switch (param->kind) {
    case PARAM_TIMEFRAME:
        return err_set(
            e, E_RANGE,
            "%s: %s must be 0 (auto) or one of 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d in ms",
            spec->name, param->name
        );
    case PARAM_SOURCE:
        return err_set(
            e, E_RANGE, "%s: %s must be open, high, low or close", spec->name, param->name
        );
    case PARAM_BOOLEAN:
        return err_set(e, E_RANGE, "%s: %s must be true or false", spec->name, param->name);
    case PARAM_INTEGER:
    case PARAM_NUMBER:
        break;
    }
    return err_set(
        e, E_RANGE, "%s: %s must be a %snumber from %g to %g", spec->name, param->name,
        param->kind == PARAM_INTEGER ? "whole " : "", param->min, param->max
    );
}

int indicator_param_set(
    const struct indicator_spec *spec,
    struct indicator_params *params,
    const char *name,
    double value,
    struct err *e
) {
    for (int i = 0; i < spec->param_count; i++) {
        if (strcmp(spec->params[i].name, name) != 0) {
            continue;
        }
        if (!param_allows(&spec->params[i], value)) {
            return param_refuse(spec, &spec->params[i], e);
        }
        params->v[i] = value;
        return E_OK;
    }
    return param_unknown(spec, name, e);
}

void indicator_push_number(
    const struct indicator_spec *spec, void *state, double x, double *outputs
) {
    struct bar bar = {.open = x, .high = x, .low = x, .close = x};
    double inputs[INDICATOR_INPUTS_MAX];
    for (int i = 0; i < INDICATOR_INPUTS_MAX; i++) {
        inputs[i] = NOT_AVAILABLE;
    }
    spec->push(state, &bar, inputs, outputs);
}
