#include "store/database.h"

/* The names of views are those of the services' schemas: hyperrsi.signals is hyperrsi_signals. */
static const char first[] =
    "CREATE TABLE store_cursors (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL,"
    " hash INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE market_symbols ("
    " symbol_index INTEGER PRIMARY KEY, exchange TEXT NOT NULL, symbol TEXT NOT NULL,"
    " base TEXT NOT NULL, quote TEXT NOT NULL, kind TEXT NOT NULL, tick TEXT NOT NULL,"
    " lot TEXT NOT NULL, min_quantity TEXT NOT NULL, max_leverage INTEGER NOT NULL,"
    " finest_ms INTEGER NOT NULL);"

    "CREATE TABLE market_candles ("
    " exchange TEXT NOT NULL, symbol TEXT NOT NULL, timeframe_ms INTEGER NOT NULL,"
    " open_ms INTEGER NOT NULL, open TEXT NOT NULL, high TEXT NOT NULL, low TEXT NOT NULL,"
    " close TEXT NOT NULL, volume REAL, PRIMARY KEY (exchange, symbol, timeframe_ms, open_ms))"
    " WITHOUT ROWID;"

    "CREATE TABLE scripts_versions ("
    " id INTEGER PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL,"
    " author TEXT NOT NULL, reason TEXT NOT NULL, files TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " UNIQUE (owner, name, hash));"

    "CREATE TABLE strategy_activations ("
    " id INTEGER PRIMARY KEY, activation_id TEXT NOT NULL UNIQUE, activation_index INTEGER NOT "
    "NULL,"
    " user_id TEXT NOT NULL, account_id INTEGER NOT NULL, strategy TEXT NOT NULL,"
    " version TEXT NOT NULL, is_manual INTEGER NOT NULL, is_hedge INTEGER NOT NULL,"
    " status TEXT NOT NULL, status_reason TEXT NOT NULL, settings TEXT NOT NULL,"
    " params TEXT NOT NULL, faults INTEGER NOT NULL, started_ms INTEGER NOT NULL,"
    " last_event_ms INTEGER NOT NULL);"
    "CREATE INDEX strategy_activations_user ON strategy_activations (user_id, id);"
    "CREATE INDEX strategy_activations_index ON strategy_activations (activation_index, id);"

    "CREATE TABLE strategy_state ("
    " activation_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, strategy TEXT NOT NULL,"
    " state TEXT, bytes BLOB, updated_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE VIEW hyperrsi_state AS SELECT * FROM strategy_state WHERE strategy = 'hyperrsi';"
    "CREATE VIEW grid_state AS SELECT * FROM strategy_state WHERE strategy = 'grid';"

    "CREATE TABLE strategy_signals ("
    " id INTEGER PRIMARY KEY, activation_id TEXT NOT NULL, user_id TEXT NOT NULL,"
    " strategy TEXT NOT NULL, symbol TEXT NOT NULL, timeframe TEXT, side TEXT, kind TEXT,"
    " accepted INTEGER NOT NULL, reason TEXT, price REAL, rsi REAL, trend REAL,"
    " details TEXT NOT NULL, time_ms INTEGER NOT NULL);"
    "CREATE INDEX strategy_signals_user ON strategy_signals (user_id, strategy, id);"
    "CREATE INDEX strategy_signals_activation ON strategy_signals (activation_id, id);"
    "CREATE VIEW hyperrsi_signals AS SELECT * FROM strategy_signals WHERE strategy = 'hyperrsi';"

    "CREATE TABLE strategy_faults ("
    " id INTEGER PRIMARY KEY, activation_id TEXT NOT NULL, user_id TEXT NOT NULL,"
    " code TEXT NOT NULL, message TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL,"
    " event TEXT NOT NULL, time_ms INTEGER NOT NULL);"
    "CREATE INDEX strategy_faults_activation ON strategy_faults (activation_id, id);"

    "CREATE TABLE oms_orders ("
    " id INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL,"
    " activation_id TEXT NOT NULL, sequence INTEGER NOT NULL, user_id TEXT NOT NULL,"
    " account_id INTEGER NOT NULL, owner TEXT NOT NULL, strategy TEXT NOT NULL,"
    " exchange TEXT NOT NULL, exchange_order_id TEXT, symbol_index INTEGER NOT NULL,"
    " symbol TEXT NOT NULL, side TEXT NOT NULL, order_type TEXT NOT NULL,"
    " position_side TEXT NOT NULL, time_in_force INTEGER NOT NULL, post_only INTEGER NOT NULL,"
    " reduce_only INTEGER NOT NULL, whole_position INTEGER NOT NULL, quantity TEXT NOT NULL,"
    " price TEXT NOT NULL, stop_price TEXT NOT NULL, filled_qty TEXT NOT NULL,"
    " average_price TEXT NOT NULL, status TEXT NOT NULL, pending INTEGER NOT NULL, code INTEGER,"
    " message TEXT NOT NULL, reason TEXT NOT NULL, tag TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL, asked_quantity TEXT NOT NULL);"
    "CREATE INDEX oms_orders_user ON oms_orders (user_id, id);"
    "CREATE INDEX oms_orders_activation ON oms_orders (activation_id, reason, id);"

    "CREATE TABLE oms_order_fills ("
    " id INTEGER PRIMARY KEY, fill_id TEXT NOT NULL UNIQUE, exchange_fill_id TEXT UNIQUE,"
    " order_id TEXT, activation_id TEXT NOT NULL, user_id TEXT NOT NULL, symbol TEXT NOT NULL,"
    " side TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL, fee TEXT NOT NULL,"
    " fee_asset TEXT NOT NULL, liquidity TEXT NOT NULL, reason TEXT NOT NULL,"
    " time_ms INTEGER NOT NULL);"
    "CREATE INDEX oms_order_fills_order ON oms_order_fills (order_id, id);"
    "CREATE INDEX oms_order_fills_user ON oms_order_fills (user_id, id);"

    "CREATE TABLE oms_order_steps ("
    " id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, step TEXT NOT NULL, status TEXT NOT NULL,"
    " code INTEGER, message TEXT NOT NULL, who TEXT NOT NULL, file TEXT, line INTEGER,"
    " journal_sequence INTEGER NOT NULL, time_ms INTEGER NOT NULL);"
    "CREATE INDEX oms_order_steps_order ON oms_order_steps (order_id, id);"

    "CREATE TABLE oms_switches ("
    " kind TEXT NOT NULL, scope TEXT NOT NULL, target TEXT NOT NULL, is_on INTEGER NOT NULL,"
    " who TEXT NOT NULL, reason TEXT NOT NULL, time_ms INTEGER NOT NULL,"
    " PRIMARY KEY (kind, scope, target)) WITHOUT ROWID;"

    "CREATE TABLE position_positions ("
    " position_id TEXT PRIMARY KEY, activation_id TEXT NOT NULL, user_id TEXT NOT NULL,"
    " account_id INTEGER NOT NULL, owner TEXT NOT NULL, symbol TEXT NOT NULL,"
    " side TEXT NOT NULL, quantity TEXT NOT NULL, entry_price TEXT NOT NULL,"
    " realized_pnl TEXT NOT NULL, fees TEXT NOT NULL, opened_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX position_positions_user ON position_positions (user_id, position_id);"

    "CREATE TABLE position_history ("
    " id INTEGER PRIMARY KEY, position_id TEXT NOT NULL, activation_id TEXT NOT NULL,"
    " user_id TEXT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL, quantity TEXT NOT NULL,"
    " entry_price TEXT NOT NULL, closed TEXT NOT NULL, opened TEXT NOT NULL, price TEXT NOT NULL,"
    " realized_pnl TEXT NOT NULL, fee TEXT NOT NULL, reason TEXT NOT NULL,"
    " time_ms INTEGER NOT NULL);"
    "CREATE INDEX position_history_user ON position_history (user_id, id);"

    "CREATE TABLE audit_log ("
    " id INTEGER PRIMARY KEY, who TEXT NOT NULL, what TEXT NOT NULL, before TEXT NOT NULL,"
    " after TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL,"
    " time_ms INTEGER NOT NULL);"

    /* A level of a grid is what its newest entry order says, and the take-profit that rests for it.
     */
    "CREATE VIEW grid_levels AS"
    " SELECT o.activation_id, o.user_id, o.symbol, CAST(substr(o.reason, 7) AS INTEGER) AS level,"
    "  o.price, o.side, o.order_id, o.status, o.quantity AS lot_quantity,"
    "  (SELECT t.price FROM oms_orders t WHERE t.activation_id = o.activation_id"
    "   AND t.reason = 'tp_' || substr(o.reason, 7) AND t.side <> o.side"
    "   AND t.status IN ('new', 'open', 'partially_filled', 'unknown')"
    "   ORDER BY t.id DESC LIMIT 1) AS take_profit_price, o.updated_ms"
    " FROM oms_orders o WHERE o.strategy = 'grid' AND o.tag = 'entry' AND o.reason GLOB 'entry_*'"
    "  AND o.id = (SELECT max(n.id) FROM oms_orders n WHERE n.activation_id = o.activation_id"
    "   AND n.reason = o.reason AND n.symbol = o.symbol);";

/* What HTTP shows of steps and fills is in their rows. All rows are written anew from the journal,
 * with the names that HTTP gives to fills. */
static const char second[] =
    "DELETE FROM store_cursors; DELETE FROM market_symbols; DELETE FROM market_candles;"
    "DELETE FROM scripts_versions; DELETE FROM strategy_activations; DELETE FROM strategy_state;"
    "DELETE FROM strategy_signals; DELETE FROM strategy_faults; DELETE FROM oms_orders;"
    "DELETE FROM oms_order_fills; DELETE FROM oms_order_steps; DELETE FROM oms_switches;"
    "DELETE FROM position_positions; DELETE FROM position_history; DELETE FROM audit_log;"

    "ALTER TABLE oms_order_steps ADD COLUMN user_id TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE oms_order_steps ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE oms_order_steps ADD COLUMN filled_qty TEXT NOT NULL DEFAULT '0';"
    "ALTER TABLE oms_order_fills ADD COLUMN account_id TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE oms_order_fills ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX oms_orders_status ON oms_orders (user_id, status, id);"

    "CREATE TABLE strategy_logs ("
    " id INTEGER PRIMARY KEY, activation_id TEXT NOT NULL, user_id TEXT NOT NULL,"
    " level TEXT NOT NULL, is_notice INTEGER NOT NULL, text TEXT NOT NULL, file TEXT,"
    " line INTEGER, time_ms INTEGER NOT NULL);"
    "CREATE INDEX strategy_logs_user ON strategy_logs (user_id, id);"
    "CREATE INDEX strategy_logs_activation ON strategy_logs (activation_id, id);";

/* The place of an activation that is over goes to another. */
static const char third[] =
    "ALTER TABLE strategy_activations ADD COLUMN order_first INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE strategy_activations ADD COLUMN core_first INTEGER NOT NULL DEFAULT 0;";

const struct migration migrations[] = {
    {"tables of strategies, orders, positions, candles, scripts and audit", first},
    {"steps and fills as HTTP shows them, logs", second},
    {"places of activations", third},
};

const int migration_count = sizeof migrations / sizeof migrations[0];
