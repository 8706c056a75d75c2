/* shapes: the things of the platform as JSON, one function a thing, the same in answers and events.
 * Money, prices and quantities are strings, digit for digit; times are ISO 8601 UTC with
 * milliseconds. Each writes one object. One thread; nothing is kept. */
#pragma once

#include "base/json_write.h"
#include "gateway/gateway_parts.h"

#define ISO_TIME_MAX 32
#define POSITION_ID_MAX 96

/* "2026-11-24T14:17:22.000Z"; not for times before 1970. */
void iso_time(int64_t time_ms, char text[ISO_TIME_MAX]);
/* 0 is null. */
void write_time(struct json_writer *json, const char *key, int64_t time_ms);
void write_text(struct json_writer *json, const char *key, const char *text);
/* Without text: null. */
void write_optional(struct json_writer *json, const char *key, const char *text);
void write_decimal(struct json_writer *json, const char *key, struct decimal value);
/* 0 is null: there is no price. */
void write_price(struct json_writer *json, const char *key, struct price price);
void write_account_id(struct json_writer *json, uint32_t account);

void shape_order(
    struct json_writer *json, const struct gateway *g, uint32_t activation, const struct order *o
);
void shape_fill(struct json_writer *json, const struct gateway *g, const struct history_fill *f);
void shape_step(struct json_writer *json, const struct history_step *s);
void shape_signal(
    struct json_writer *json, const struct gateway *g, const struct history_signal *s
);
void shape_position(
    struct json_writer *json,
    const struct gateway *g,
    uint32_t activation,
    const struct record_position *position
);
void shape_activation(struct json_writer *json, const struct gateway *g, uint32_t activation);
void shape_account(
    struct json_writer *json, const struct gateway *g, uint32_t account, const char *user
);

/* "ACTIVATION.SYMBOL.SIDE" */
void position_id(
    const struct gateway *g,
    uint32_t activation,
    const struct record_position *p,
    char text[POSITION_ID_MAX]
);
const char *suspend_policy_name(enum suspend_policy policy);
/* What an activation trades: what it watches, else what its settings say; "" when nobody knows. */
const char *activation_symbol(const struct gateway *g, const struct activation_view *view);
