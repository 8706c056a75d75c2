-- tables: a run that is kept leaves in tradingboost.db every fill of its orders file; the tables that
-- a later start writes anew from the journal are equal to the first ones, row by row.
package.path = arg[2] .. '/tests/strategies/?.lua;' .. package.path
local drive = require 'drive'
local ffi = require 'ffi'

ffi.cdef [[
typedef struct sqlite3 sqlite3;
int sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *ctx, char **message);
int sqlite3_close(sqlite3 *db);
]]
local found, sqlite = pcall(ffi.load, 'sqlite3')
if not found then sqlite = ffi.load 'libsqlite3.so.0' end

-- The rows of a statement, each a line.
local function rows(path, sql)
  local db, lines = ffi.new 'sqlite3 *[1]', {}
  assert(sqlite.sqlite3_open_v2(path, db, 1, nil) == 0, 'the database cannot be opened: ' .. path)
  local take = ffi.cast('int (*)(void *, int, char **, char **)', function(_, count, values)
    local line = {}
    for i = 0, count - 1 do line[i + 1] = values[i] == nil and 'NULL' or ffi.string(values[i]) end
    lines[#lines + 1] = table.concat(line, ',')
    return 0
  end)
  local code = sqlite.sqlite3_exec(db[0], sql, take, nil, nil)
  sqlite.sqlite3_close(db[0])
  take:free()
  assert(code == 0, sql .. ' fails with ' .. code)
  return lines
end

local tables = { 'market_symbols', 'market_candles', 'scripts_versions', 'strategy_activations', 'strategy_signals',
  'oms_orders', 'oms_order_fills', 'position_positions', 'position_history' }

local function dump(path)
  local lines = {}
  for _, name in ipairs(tables) do
    lines[#lines + 1] = name .. '\n' .. table.concat(rows(path, 'SELECT * FROM ' .. name), '\n')
  end
  return table.concat(lines, '\n')
end

local folder, orders = drive.temporary '.data', drive.temporary '.csv'
local database = folder .. '/tradingboost.db'
local status = drive.run(('run --until-end --data-dir %s --orders %s'):format(folder, orders))
local _, lines = drive.read(orders):gsub('\n', '')
local fills = #rows(database, 'SELECT * FROM oms_order_fills')
local candles = #rows(database, 'SELECT * FROM market_candles')
if status == 0 and fills == lines - 1 and fills > 200 and candles == 10080 then
  drive.pass 'every fill and every candle is in the tables'
else
  drive.fail('every fill and every candle is in the tables',
    ('status %d, %d fills in the tables, %d in the orders file, %d candles'):format(status, fills, lines - 1, candles))
end

local first = dump(database)
os.remove(database)
local printed
status, printed = drive.run(('run --until-end --data-dir %s'):format(folder))
local second = dump(database)
if status == 0 and first == second then
  drive.pass 'tables that were deleted are written anew, equal'
else
  drive.fail('tables that were deleted are written anew, equal', ('status %d, %d and %d bytes'):format(status, #first, #second))
end
if printed:find('run --fresh begins anew', 1, true) then
  drive.pass 'a run that is over says how to begin anew'
else
  drive.fail('a run that is over says how to begin anew', printed)
end
os.execute('rm -r ' .. folder)
os.remove(orders)

-- Snapshots are written beside the run, and a start reads on from the newest.
status = drive.run(('run --until-end --data-dir %s'):format(folder), 'TRADINGBOOST_JOURNAL_SNAPSHOT_EVERY=500')
local records = #rows(database, 'SELECT * FROM market_candles')
local newest, files = 0, io.popen('ls ' .. folder .. '/journal')
for name in files:lines() do newest = math.max(newest, tonumber(name:match('^snapshot%-(%d+)%.snap$') or 0)) end
files:close()
local last = tonumber(rows(database, 'SELECT sequence FROM store_cursors')[1])
if status == 0 and records == 10080 and newest > last - 3000 then
  drive.pass 'snapshots are written beside the run'
else
  drive.fail('snapshots are written beside the run', ('status %d, newest %d, last record %d'):format(status, newest, last))
end
status, printed = drive.run(('run --until-end --data-dir %s'):format(folder))
if status == 0 and printed:find('run --fresh begins anew', 1, true) then
  drive.pass 'a start reads on from a snapshot'
else
  drive.fail('a start reads on from a snapshot', printed)
end
os.execute('rm -r ' .. folder)
drive.finish()
