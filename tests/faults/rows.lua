-- rows: what the tables of a run hold, for a comparison with its journal.
-- usage: luajit rows.lua DATABASE  → "fills F candles C"
local ffi = require 'ffi'
ffi.cdef [[
typedef struct sqlite3 sqlite3;
int sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *ctx, char **message);
]]
local found, sqlite = pcall(ffi.load, 'sqlite3')
if not found then sqlite = ffi.load 'libsqlite3.so.0' end
local db = ffi.new 'sqlite3 *[1]'
assert(sqlite.sqlite3_open_v2(arg[1], db, 1, nil) == 0, 'the database cannot be opened')
local text
local take = ffi.cast('int (*)(void *, int, char **, char **)', function(_, _, values)
  text = ffi.string(values[0])
  return 0
end)
local sql = "SELECT 'fills ' || (SELECT count(*) FROM oms_order_fills) || ' candles ' || (SELECT count(*) FROM market_candles)"
assert(sqlite.sqlite3_exec(db[0], sql, take, nil, nil) == 0, 'the tables cannot be read')
print(text)
