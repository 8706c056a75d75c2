--- Buys on lines below the price and sells on lines above it, each lot with its own take-profit.
--
-- The lines (levels.lua) are drawn anew at each bar of the levels timeframe. At each close of the
-- finest bar the grid works out which entries should rest (entries.lua): the next few lines on both
-- sides of the line the price crossed last, while flat; only what adds to it, beside a position.
-- Every fill opens a lot (lots.lua) and lets its take-profit rest at once (exits.lua). A trend that
-- turns hard against a side closes it, as do the edge of the grid, the stop loss, and idleness.
local entries = require './entries'
local exits = require './exits'
local level_tools = require './levels'
local lot_tools = require './lots'
local sides = require './sides'

local M = { api = 1, name = 'grid', version = 1 }

M.params = {
  symbol     = { type = 'symbol', default = 'BTC-USDT-SWAP' },
  direction  = { type = 'enum', default = 'long-short', values = { 'long', 'short', 'long-short' } },
  grid_num   = { type = 'integer', default = 20, min = 1, max = 40,
                 help = 'how far the grid reaches, not how dense it is: each level adds about 0.6 % to it in a calm market' },
  amounts    = { type = 'list', of = 'money', default = {}, group = 'capital',
                 help = 'margin of level 1, 2, …; one holds for all, a short list goes on by its last step, 0 leaves a level out' },
  amount     = { type = 'money', default = 100, min = 0, group = 'capital', help = 'margin of every level while amounts is empty' },
  leverage   = { type = 'integer', default = 1, min = 1, max = 125, group = 'capital', when = 'flat' },
  stop_loss  = { type = 'number', default = 0, min = 0, max = 50, group = 'exits',
                 help = 'in % of the average entry, without leverage; 0 is off' },
  custom_stop = { type = 'integer', default = 0, min = 0, group = 'exits', help = 'minutes without an entry after which all is closed; 0 is off' },
  hedge      = { type = 'boolean', default = false, help = 'long and short as two positions' },
  spot       = { type = 'boolean', default = false, help = 'buy and sell the coin itself' },

  levels_timeframe = { type = 'timeframe', default = '15m', group = 'levels' },
  centre_length  = { type = 'integer', default = 20, min = 2, max = 200, group = 'levels' },
  band           = { type = 'number', default = 0.5, min = 0, max = 10, group = 'levels', help = 'share of band_step a level lies farther out' },
  band_step      = { type = 'number', default = 0.012, min = 0, max = 0.5, group = 'levels' },
  atr_length     = { type = 'integer', default = 14, min = 1, max = 200, group = 'levels' },
  atr_multiplier = { type = 'number', default = 1.5, min = 0, max = 20, group = 'levels' },
  atr_floor      = { type = 'number', default = 0.004, min = 0, max = 0.5, group = 'levels', help = 'the range counts as at least this share of the price' },
  min_gap        = { type = 'number', default = 0.004, min = 0.0001, max = 0.5, group = 'levels' },
  max_gap        = { type = 'number', default = 0.05, min = 0, max = 1, group = 'levels', help = 'a level strays from the centre by at most this share for each step' },
  max_gap_cap    = { type = 'number', default = 0.5, min = 0, max = 1, group = 'levels' },
  smoothing      = { type = 'integer', default = 5, min = 1, max = 100, group = 'levels' },
  outer_step     = { type = 'number', default = 0.008, min = 0.0001, max = 0.5, group = 'levels' },
  warmup         = { type = 'integer', default = 40, min = 1, max = 3000, group = 'levels', help = 'closed bars before the first order' },

  adx_timeframe  = { type = 'timeframe', default = '4h', group = 'trend' },
  adx_di         = { type = 'integer', default = 28, min = 2, max = 200, group = 'trend' },
  adx_length     = { type = 'integer', default = 28, min = 2, max = 200, group = 'trend' },
  adx_threshold  = { type = 'number', default = 20, min = 0, max = 100, group = 'trend' },
  adx_range      = { type = 'integer', default = 50, min = 2, max = 500, group = 'trend' },
  adx_range_move = { type = 'number', default = 0.10, min = 0, max = 1, group = 'trend' },

  depth        = { type = 'integer', default = 2, min = 1, max = 10, group = 'entries', help = 'entries that rest on one side' },
  reentry      = { type = 'number', default = 0.005, min = 0, max = 0.5, group = 'entries', help = 'distance from lots and entries of the same side' },
  clamp        = { type = 'number', default = 0.10, min = 0.001, max = 0.9, group = 'entries', help = 'an entry farther from the price moves half way to it' },
  duplicate    = { type = 'number', default = 0.001, min = 0, max = 0.1, group = 'entries', help = 'no entry this near to another or to a take-profit' },
  same_price   = { type = 'number', default = 0.0003, min = 0, max = 0.1, group = 'entries', help = 'an order is not moved by less than this' },
  notional_cap = { type = 'number', default = 1.05, min = 0, max = 10, group = 'entries', help = 'position and entries, as a share of the sum of all levels' },
  overbought   = { type = 'number', default = 0.95, min = 0, max = 10, group = 'entries', help = 'no entries of a side while it holds more than this share' },

  tp_long_min  = { type = 'number', default = 0.004, min = 0, max = 1, group = 'exits' },
  tp_long_max  = { type = 'number', default = 0.08, min = 0, max = 1, group = 'exits' },
  tp_short_min = { type = 'number', default = 0.007, min = 0, max = 0.9, group = 'exits' },
  tp_short_max = { type = 'number', default = 0.07, min = 0, max = 0.9, group = 'exits' },
  edge_tp      = { type = 'number', default = 0.005, min = 0, max = 0.5, group = 'exits', help = 'take-profit of the outermost levels' },
  tp_step      = { type = 'number', default = 0.007, min = 0, max = 0.5, group = 'exits', help = 'how far beyond the price a passed take-profit is put' },
  tp_max       = { type = 'integer', default = 4, min = 0, max = 40, group = 'exits', help = 'take-profits moved at one time' },
}

local NOT_YET = 'is not available yet: leave it off'

function M.check(p)
  local wrong = {}
  for _, name in ipairs { 'hedge', 'spot' } do
    if p[name] then wrong[#wrong + 1] = name .. ' ' .. NOT_YET end
  end
  if p.tp_long_min > p.tp_long_max then wrong[#wrong + 1] = 'tp_long_min is above tp_long_max' end
  if p.tp_short_min > p.tp_short_max then wrong[#wrong + 1] = 'tp_short_min is above tp_short_max' end
  return wrong
end

local function new_state()
  return {
    lots = {}, entries = { long = {}, short = {} }, exits = {},
    adx = { 0, 0, 0 }, -- now and at the two bars before
    too_small = {}, -- levels that were left out, so that it is said once
  }
end

-- The next close is looked at, whatever it is.
local function wake(self)
  self.calm.low = math.huge
end

local function draw_levels(self, age)
  local centre, range = self.centre[age], self.range[age]
  if centre and range then level_tools.push(self.levels, centre, range) end
end

function M:on_start()
  local p = self.params
  local state = self.state
  for name, value in pairs(new_state()) do
    if state[name] == nil then state[name] = value end
  end
  self.levels_timeframe = p.levels_timeframe
  self.instrument_facts = self:instrument(p.symbol)
  self.notional, self.notional_sum = entries.budget(p)
  self.bars = self:candles(p.symbol, p.levels_timeframe)
  self.centre = self:indicator('centre', p.symbol, p.levels_timeframe, { length = p.centre_length, smoothing = p.smoothing })
  self.range = self:indicator('atr_mean', p.symbol, p.levels_timeframe, { length = p.atr_length })
  self.trend = self:indicator('adx_state', p.symbol, p.adx_timeframe, {
    di = p.adx_di, length = p.adx_length, threshold = p.adx_threshold,
    range = p.adx_range, range_move = p.adx_range_move,
  })
  self:watch(p.symbol, p.levels_timeframe)
  self:watch(p.symbol, 'finest')

  self.calm = { low = math.huge, high = -math.huge }
  self.deadline = math.huge
  self.levels = level_tools.new(p)
  for age = math.min(#self.bars, level_tools.replay_length(p)) - 1, 0, -1 do draw_levels(self, age) end
  if self.levels[0] then lot_tools.assign(state.lots, self.levels) end
end

function M:on_ready()
  local p, state = self.params, self.state
  if state.completed then return exits.complete(self, state.completed) end
  if p.leverage > 1 then self:leverage(p.symbol, p.leverage) end
  local position, instrument = self:position(p.symbol), self.instrument_facts
  local held = lot_tools.total(state.lots, 'long') - lot_tools.total(state.lots, 'short')
  local signed = instrument:lots(position.quantity) * (position.is_short and -1 or 1)
  self.is_adrift = held ~= signed
  if self.is_adrift then
    self:notify(p.symbol .. ': the position is not the sum of the lots; no entries', { level = 'error' })
  end
  for _, order in ipairs(self:orders(p.symbol)) do
    local is_known = entries.find(self, order.id) or lot_tools.find(state.lots, 'tp', order.id)
      or (state.stop and state.stop.id == order.id)
      or order.id == state.exits.long or order.id == state.exits.short
    if not is_known then self:cancel(order.id) end
  end
  if self.levels[0] then
    exits.cover(self)
    exits.guard(self)
  end
end

-- A bar of the levels timeframe: lines, lots, the trend's turn, take-profits.
local function redraw(self, c)
  local state = self.state
  local adx = state.adx
  adx[1], adx[2], adx[3] = self.trend[0] or 0, adx[1], adx[2]
  draw_levels(self, 0)
  wake(self)
  if not self.levels[0] then return end
  lot_tools.assign(state.lots, self.levels)
  state.margin_wait = nil
  if c.warmup then return end
  exits.turned(self)
  exits.recalculate(self, c.close)
end

local function is_idle(self, now)
  local p, state = self.params, self.state
  state.since = state.since or now
  if p.custom_stop == 0 then return false end
  self.deadline = math.max(state.since, state.last_entry or 0) + p.custom_stop * 60000
  return now >= self.deadline
end

-- A close at which something may have changed.
local function evaluate(self, c)
  local p, state = self.params, self.state
  if state.completed or not self.levels[0] or #self.bars < p.warmup then return end
  if is_idle(self, c.close_time) then return exits.complete(self, 'custom_stop') end
  state.r = level_tools.reference(self.levels, state.r, c.close)
  if c.warmup then return end
  exits.edges(self, c.close)
  entries.settle(self, c.close)
end

function M:on_candle(c)
  if c.timeframe == self.levels_timeframe then
    redraw(self, c)
    if self.has_finer then return end
  elseif not self.has_finer then
    self.has_finer = true
  end
  local close, calm = c.close, self.calm
  if close > calm.low and close < calm.high and c.close_time < self.deadline then return end
  evaluate(self, c)
end

-- What a fill against the lots of a side takes from them; returns what is left of it.
local function net(self, side, count, price)
  local lots = self.state.lots
  while count > 0 do
    local lot = lot_tools.nearest(lots, side.name, price)
    if not lot then break end
    local part = math.min(count, lot.count)
    lot.count, count = lot.count - part, count - part
    if lot.count == 0 then exits.drop(self, lot) else exits.resize(self, lot) end
  end
  return count
end

-- What a fill did, by the tag of its order.
local filled = {}

function filled.entry(self, f, count)
  local state, side = self.state, sides.of_order[f.side]
  state.last_entry = f.time
  count = net(self, sides[side.other], count, f.price)
  if count == 0 then return end
  local lot = lot_tools.find(state.lots, 'entry', f.order_id)
  if lot then
    lot_tools.grow(lot, count, f.price)
    exits.resize(self, lot)
    return
  end
  local level = tonumber(string.sub(f.reason, #'entry_' + 1))
  lot = lot_tools.open(state.lots, {
    side = side.name, level = level, at = level, price = f.price, count = count,
    entry = not f.is_final and f.order_id or nil,
  })
  exits.place(self, lot)
end

function filled.tp(self, f, count)
  local state = self.state
  local lot = lot_tools.find(state.lots, 'tp', f.order_id)
  state.margin_wait = nil
  if not lot then return net(self, sides.of_order[f.side == 'sell' and 'buy' or 'sell'], count, f.price) end
  lot.count = lot.count - count
  if lot.count <= 0 then lot_tools.remove(state.lots, lot) end
end

function filled.exit(self, f, count)
  self.state.margin_wait = nil
  net(self, sides.of_order[f.side == 'sell' and 'buy' or 'sell'], count, f.price)
end

function filled.stop(self, f, count)
  filled.exit(self, f, count)
  if not self.state.completed then exits.complete(self, 'stop_loss') end
end

function M:on_fill(f)
  local state = self.state
  local book = filled[f.tag] or filled.exit
  book(self, f, self.instrument_facts:lots(f.quantity))
  wake(self)
  if state.completed then return end
  if self.levels[0] then state.r = level_tools.reference(self.levels, state.r, f.price) end
  exits.guard(self)
end

local ENDED = { filled = true, cancelled = true, rejected = true, expired = true }

-- An entry that has ended frees its slot; one that was refused for margin stops all entries.
local function entry_changed(self, o)
  local state = self.state
  local slot, side, level = entries.find(self, o.id)
  if not slot then return end
  if not ENDED[o.state] then
    if o.price then slot.price = o.price end
    slot.count = self.instrument_facts:lots(o.quantity)
    return
  end
  state.entries[side.name][level] = nil
  local lot = lot_tools.find(state.lots, 'entry', o.id)
  if lot then lot.entry = nil end
  if o.code == 'insufficient_margin' and not state.margin_wait then
    state.margin_wait = true
    self:notify(self.params.symbol .. ': not enough margin; no entries for now', { level = 'warning' })
  end
end

-- A take-profit that ended without being filled is placed anew, unless the side is being closed.
local function take_profit_changed(self, o)
  local lot = lot_tools.find(self.state.lots, 'tp', o.id)
  if not lot then return end
  if not ENDED[o.state] then
    lot.tp_price = o.price or lot.tp_price
    return
  end
  lot.tp, lot.tp_price = nil, nil
  if o.state == 'rejected' then
    self:warn('take-profit of level %d was refused: %s', lot.level, o.message or '')
  elseif not self.state.exits[lot.side] then
    exits.place(self, lot)
  end
end

local function exit_changed(self, o)
  local state = self.state
  if not ENDED[o.state] then return end
  for _, side in ipairs(sides.order) do
    if state.exits[side.name] == o.id then
      state.exits[side.name] = nil
      exits.cover(self)
    end
  end
end

local function stop_changed(self, o)
  local state = self.state
  if not (state.stop and state.stop.id == o.id) then return end
  if not ENDED[o.state] then
    state.stop.price = o.stop or state.stop.price
    return
  end
  state.stop = nil
  if o.state == 'rejected' then
    self:notify(self.params.symbol .. ': the stop was refused: ' .. (o.message or ''), { level = 'error' })
  end
end

local changed = { entry = entry_changed, tp = take_profit_changed, exit = exit_changed, stop = stop_changed }

function M:on_order(o)
  local handle = changed[o.tag]
  if not handle or self.state.completed then return end
  handle(self, o)
  wake(self)
end

return M
