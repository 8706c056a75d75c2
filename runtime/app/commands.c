#include "app/commands.h"

static const struct option_spec backtest_options[] = {
    {"data", "FILE", NULL,
     "candles: CSV or CSV.gz with the header timestamp_ms,open,high,low,close,volume", false},
    {"symbol", "SYMBOL", "BTC-USDT-SWAP",
     "what the candles are of; its facts come from config/instruments.lua", false},
    {"timeframe", "TIME", NULL,
     "the script's parameter timeframe: 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d", false},
    {"set", "NAME=VALUE", NULL, "a parameter of the script; may be given many times", true},
    {"from", "TIME", NULL,
     "first bar, as 2021-02-20, 2021-02-20T12:30 or milliseconds; the rows before it warm the "
     "indicators up",
     false},
    {"to", "TIME", NULL, "bars that open before it", false},
    {"balance", "MONEY", "10000", "start balance in the quote currency", false},
    {"fee-taker", "RATE", "0.0005", "fee of market and stop fills, as a fraction", false},
    {"fee-maker", "RATE", "0.0002", "fee of limit fills, as a fraction", false},
    {"slippage", "RATE", "0.0005",
     "how much worse than the price market and stop orders fill, as a fraction", false},
    {"tick", "STEP", NULL, "price step, instead of the instrument's", false},
    {"lot", "STEP", NULL, "quantity step, instead of the instrument's", false},
    {"min", "QUANTITY", NULL, "smallest order, instead of the instrument's", false},
    {"orders", "FILE", NULL, "write every fill as CSV", false},
    {"equity", "FILE", NULL, "write the equity after every bar as CSV", false},
    {"risk-free", "RATE", "0", "risk-free rate of a year for Sharpe and Sortino, as a fraction",
     false},
    {"seed", "NUMBER", "1", "seed of math.random", false},
    {"keep-going", NULL, NULL,
     "after a fault of the script go on as live trading does, instead of ending the run", false},
    {"json", NULL, NULL, "print the report as JSON", false},
    {"quiet", NULL, NULL, "no logs of the script and no progress on standard error", false},
    {"host", "WAY", "direct",
     "how the engine speaks to the script: direct, bytes, delayed (the results are the same)",
     false},
    {0},
};

static const struct option_spec run_options[] = {
    {"config", "FILE", "config/demo.lua", "what to run (docs/reference/settings.md)", false},
    {"until-end", NULL, NULL, "play the candles as fast as possible", false},
    {"speed", "NUMBER", NULL, "times real time, instead of the configuration's feed.speed", false},
    {"orders", "FILE", NULL, "write every fill as CSV, in the format of backtest", false},
    {"activation", "ID", NULL, "with --orders: only the fills of this one", false},
    {"json", NULL, NULL, "JSON lines on a terminal, too", false},
    {"data-dir", "FOLDER", NULL, "where the run is kept, instead of the configuration's data_dir; with --until-end only this keeps it", false},
    {"fresh", NULL, NULL, "begin anew: what is kept in the data folder is set aside", false},
    {0},
};

static const struct option_spec doctor_options[] = {
    {"config", "FILE", NULL, "whose data_dir and port are looked at, and whether it is right", false},
    {"data-dir", "FOLDER", NULL,
     "where runs are kept; without it the configuration's or TRADINGBOOST_DATA_DIR, else the current folder", false},
    {"json", NULL, NULL, "print the checks as JSON", false},
    {0},
};

static const struct option_spec journal_options[] = {
    {"data-dir", "FOLDER", NULL, "where the run is kept; without it the configuration's data_dir", false},
    {"config", "FILE", NULL, "whose data_dir is meant", false},
    {"from", "SEQUENCE", NULL, "print: first record", false},
    {"to", "SEQUENCE", NULL, "print: last record", false},
    {"at", "SEQUENCE", NULL, "cut: the first record that goes", false},
    {"all", NULL, NULL, "print: with the figures of every check", false},
    {"json", NULL, NULL, "JSON lines", false},
    {0},
};

static const struct option_spec script_options[] = {
    {"reason", "TEXT", NULL, "put, rollback: why, kept with the version", false},
    {"version", "HASH", NULL, "show, rollback: which; without it the present one, the one before", false},
    {"from", "HASH", NULL, "diff: the older version; without it the one before", false},
    {"to", "HASH", NULL, "diff: the newer version; without it the newest", false},
    {"data-dir", "FOLDER", NULL, "where the run is kept; without it the configuration's data_dir", false},
    {"config", "FILE", NULL, "whose data_dir and gateway are meant", false},
    {"port", "PORT", NULL, "of the gateway; without it the configuration's, or 8000", false},
    {"json", NULL, NULL, "the answer as it came", false},
    {0},
};

static const struct option_spec token_options[] = {
    {"role", "ROLE", NULL, "add: admin, operator, author or trader", false},
    {"user", "USER", NULL, "add: whose things the token may touch", false},
    {"data-dir", "FOLDER", NULL, "where the run is kept; without it the configuration's data_dir", false},
    {"config", "FILE", NULL, "whose data_dir is meant", false},
    {"json", NULL, NULL, "JSON lines", false},
    {0},
};

static const struct option_spec check_options[] = {
    {"strict", NULL, NULL, "warnings are errors", false},
    {"json", NULL, NULL, "print the findings as JSON", false},
    {0},
};

const struct command_spec commands[] = {
    {
        "run",
        "trades the activations of a configuration",
        "[options]",
        "Recorded candles stream into the paper venue at a multiple of real time; every activation "
        "has an account of\n"
        "its own. What happens is a readable line on a terminal and a JSON object a line "
        "elsewhere, "
        "with the data's\n"
        "time in UTC. Ctrl-C or SIGTERM stops it and prints a summary, and so does the end of the "
        "candles.",
        run_options,
        0,
        0,
        {"run", "run --config my.lua --speed 3600",
         "run --until-end --orders orders.csv --activation grid", NULL},
        command_run,
    },
    {
        "backtest",
        "runs a script on a file of candles and prints what it earned",
        "NAME_OR_FILE --data FILE [options]",
        "A decision on the close of a bar trades from the next bar on. Market orders fill at its "
        "open, worsened by\n"
        "slippage; limits when the price trades through them; stops on touch. Fills happen on the "
        "bars of the file,\n"
        "whatever the script's timeframe is. Missing bars are listed, never filled.",
        backtest_options,
        1,
        1,
        {"backtest rsi --data config/demo/btcusdt-1m.csv.gz --timeframe 15m",
         "backtest hyperrsi --data config/demo/btcusdt-1m.csv.gz --timeframe 5m --set leverage=5 "
         "--set direction=long",
         "backtest grid --data config/demo/btcusdt-1m.csv.gz --orders orders.csv --equity "
         "equity.csv --json",
         NULL},
        command_backtest,
    },
    {
        "check",
        "says what is wrong with scripts before they trade",
        "NAME_OR_FILE... [options]",
        "Looks at the text (syntax, names that are not declared or misspelt, handlers that are "
        "never "
        "called), then runs\n"
        "the script in a sandbox up to the end of on_start with its default parameters and without "
        "data.",
        check_options,
        1,
        POSITIONALS_MAX,
        {"check rsi", "check strategies/*", "check my-strategy.lua --strict --json", NULL},
        command_check,
    },
    {
        "doctor",
        "says whether this machine is fit to trade, and what to do where it is not",
        "[options]",
        "Looks at limits, memory, the walls for scripts, the clock, the data directory and its "
        "disk, the port and the\n"
        "libraries. Writes nothing that stays. warn: it runs, but slower, less safe or not for "
        "long; fail: it will not\n"
        "run. Exit status 1 when a check fails.",
        doctor_options,
        0,
        0,
        {"doctor", "doctor --config my.lua", "doctor --data-dir /var/lib/tradingboost --json", NULL},
        command_doctor,
    },
    {
        "reference",
        "writes the reference pages and the editor types of this version",
        "FOLDER",
        "docs/reference/*.md and lua/types/strategy.lua, from the tables in the program.",
        NULL,
        1,
        1,
        {"reference .", "reference /tmp/reference", "reference ~/my-strategies", NULL},
        command_reference,
    },
    {
        "journal",
        "prints, verifies or cuts the journal of a kept run",
        "print|verify|cut [options]",
        "print writes a line for each record: time, number, what happened. verify reads everything and says\n"
        "whether it is whole. cut keeps the records before --at and puts the rest aside: for a journal that is damaged in\n"
        "its middle, after a copy was made.",
        journal_options,
        1,
        1,
        {"journal verify --data-dir data", "journal print --data-dir data --from 1000 --to 1100 --all",
         "journal cut --data-dir data --at 1099", NULL},
        command_journal,
    },
    {
        "script",
        "shows and changes scripts of a running platform, and goes back to older versions",
        "list|show|diff|put|rollback [NAME] [FILE...] [options]",
        "Asks the platform that runs on this machine, with the administrator's token of its data_dir. put checks the files,\n"
        "writes them to where the script came from and tells what became of it in each activation that runs the script;\n"
        "list NAME tells the versions that ever ran.",
        script_options,
        1,
        POSITIONALS_MAX,
        {"script list rsi --data-dir data", "script put rsi rsi.lua --reason 'wider bands' --data-dir data",
         "script rollback rsi --data-dir data", NULL},
        command_script,
    },
    {
        "token",
        "makes, lists and removes the tokens of the HTTP interface",
        "add|list|remove [NAME] [options]",
        "add prints a new token: it is shown once, and only its hash is kept. A running platform takes it, and\n"
        "forgets a removed one, at once. The administrator's own token is <data_dir>/admin.token.",
        token_options,
        1,
        2,
        {"token add phone --role trader --user alice --data-dir data", "token list --data-dir data",
         "token remove phone --data-dir data", NULL},
        command_token,
    },
    {
        "version",
        "names the program's version and the libraries it stands on",
        "[--json]",
        NULL,
        (const struct option_spec[]){{"json", NULL, NULL, "as JSON", false}, {0}},
        0,
        0,
        {"version", "version --json", "--version", NULL},
        command_version,
    },
    {0},
};
