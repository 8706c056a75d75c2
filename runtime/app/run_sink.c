#include "app/run_sink.h"

#include "app/run_edit.h"
#include "app/run_gateway.h"
#include "gateway/gateway.h"

void run_keep_error(struct run *run, const struct err *e) {
    if (run->err.code == 0) {
        run->err = *e;
    }
}

static void on_fill(void *ctx, const struct fill_record *record) {
    struct run *run = ctx;
    if (run->gateway != NULL) {
        gateway_on_fill(run_gateway_of(run->gateway), record);
    }
    if (run->is_recovering) {
        return; /* only HTTP has forgotten it */
    }
    struct run_tally *tally = &run->tallies[record->activation];
    const struct order_request *request = &record->order->request;
    struct err err = {0};
    struct performance_fill fill = {
        .symbol = request->symbol,
        .position_side = request->position_side,
        .side = request->side,
        .fill = &record->fill,
        .change = &record->change,
        .reason = request->reason,
    };
    tally->fills++;
    if (performance_on_fill(&tally->performance, &fill, &err) != 0) {
        run_keep_error(run, &err);
    }
    bool is_wanted = run->orders_only < 0 || run->orders_only == (int)record->activation;
    if (run->orders.csv.stream != NULL && is_wanted &&
        orders_file_write(
            &run->orders, engine_instrument(run->engine, request->symbol)->symbol, request->side,
            request->type, &record->fill, request->reason, &err
        ) != 0) {
        run_keep_error(run, &err);
    }
    run_view_fill(run->view, record);
}

static void on_order(void *ctx, const struct order_record *record) {
    struct run *run = ctx;
    if (run->gateway != NULL) {
        gateway_on_order(run_gateway_of(run->gateway), record);
    }
    if (run->is_recovering) {
        return;
    }
    run_view_order(run->view, record);
}

static void on_signal(void *ctx, const struct signal_record *record) {
    struct run *run = ctx;
    if (run->gateway != NULL) {
        gateway_on_signal(run_gateway_of(run->gateway), record);
    }
    if (run->is_recovering) {
        return;
    }
    run_view_signal(run->view, record);
}

static void on_log(void *ctx, const struct log_record *record) {
    struct run *run = ctx;
    if (run->gateway != NULL) {
        gateway_on_log(run_gateway_of(run->gateway), record);
    }
    if (run->is_recovering) {
        return;
    }
    run_view_log(run->view, record);
}

static void on_fault(void *ctx, const struct fault_record *record) {
    struct run *run = ctx;
    if (run->gateway != NULL) {
        gateway_on_fault(run_gateway_of(run->gateway), record);
    }
    if (run->is_recovering) {
        return;
    }
    struct run_tally *tally = &run->tallies[record->activation];
    tally->faults++;
    tally->fault = *record->fault;
    if (run->has_started) {
        run_view_fault(run->view, record);
    }
}

static void on_status(void *ctx, const struct status_record *record) {
    struct run *run = ctx;
    if (!run->is_recovering && (run->has_started || record->status == ACTIVATION_RUNNING)) {
        run_view_status(run->view, record);
    }
    if (run->gateway != NULL) {
        gateway_on_status(run_gateway_of(run->gateway), record);
    }
}

static void on_answer(void *ctx, const struct answer_record *record) {
    struct run *run = ctx;
    if (run->gateway != NULL) {
        gateway_on_answer(run_gateway_of(run->gateway), record);
    }
}

static void on_edit(void *ctx, const struct edit_record *record) {
    struct run *run = ctx;
    run_view_edit(run->view, record);
    run_edit_heard(run->edit, record);
    if (run->gateway != NULL) {
        gateway_on_edit(run_gateway_of(run->gateway), record);
    }
}

static void on_left(void *ctx, uint32_t activation) {
    struct run *run = ctx;
    if (run->gateway != NULL) {
        gateway_on_left(run_gateway_of(run->gateway), activation);
    }
    performance_fini(&run->tallies[activation].performance);
    run->tallies[activation] = (struct run_tally){0};
    performance_init(&run->tallies[activation].performance, run->config->balance);
}

static void on_halt(void *ctx, const struct halt_record *record) {
    struct run *run = ctx;
    if (!run->is_recovering) {
        run_view_halt(run->view, record);
    }
    if (run->gateway != NULL) {
        gateway_on_halt(run_gateway_of(run->gateway), record);
    }
}

struct sink_port run_sink(struct run *run) {
    return (struct sink_port){
        run, on_fill, on_order, on_signal, on_log, on_fault, on_status, on_answer, on_edit, on_left, on_halt,
    };
}
