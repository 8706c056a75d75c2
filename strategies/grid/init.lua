--- Buys on lines below the price and sells on lines above it, each lot with its own take-profit.
--
-- The lines (levels.lua) are drawn anew at each bar of the levels timeframe. At each close of the
-- finest bar the grid works out which entries should rest (entries.lua): while flat, the next few
-- lines on both sides of the line the price crossed last; beside a position, only what adds to it.
-- Every fill (fills.lua) opens a lot (lots.lua) and lets its take-profit rest at once (exits.lua).
-- A trend that turns hard against a side closes it, and so do the edge of the grid, the stop loss
-- and idleness.
local sizing = require 'sizing'
local entries = require './entries'
local exits = require './exits'
local fills = require './fills'
local level_tools = require './levels'
local lot_tools = require './lots'

local M = { api = 1, name = 'grid', version = 1 }

M.params = require './params'

function M.check(p)
  local wrong = {}
  local function refuse(is_wrong, text)
    if is_wrong then wrong[#wrong + 1] = text end
  end
  refuse(p.hedge, 'hedge is not available yet: leave it off')
  for level, amount in ipairs(p.amounts) do
    refuse(amount < 0, ('amounts: the one of level %d is below 0'):format(level))
  end
  refuse(p.spot, 'spot is not available yet: leave it off')
  refuse(p.tp_long_min > p.tp_long_max, 'tp_long_min is above tp_long_max')
  refuse(p.tp_short_min > p.tp_short_max, 'tp_short_min is above tp_short_max')
  return wrong
end

-- What survives a restart; everything else is made anew from the stored bars.
local function prepare(state)
  state.lots = state.lots or {}
  state.entries = state.entries or {} -- slots: entries that rest
  state.exits = state.exits or {} -- the order that closes a side at market, by side
end

-- adx_state now and at the two bars before, newest first: what the history says at a first start.
local function recall_trend(self)
  local seen = { 0, 0, 0 }
  for age = 0, math.min(2, #self.bars - 1) do
    seen[age + 1] = self.trend:at(self.bars[age].close_time) or 0
  end
  return seen
end

local function draw_levels(self, age)
  local centre, range = self.centre[age], self.range[age]
  if centre and range then level_tools.push(self.levels, centre, range) end
end

function M:on_start()
  local p, symbol = self.params, self.params.symbol
  prepare(self.state)
  self.levels_timeframe = p.levels_timeframe
  self.instrument_facts = self:instrument(symbol)
  self.notional, self.notional_sum = entries.budget(p)
  self.min_count = sizing.least(self.instrument_facts)
  self.noticed = {} -- levels that were left out
  self.calm = { low = math.huge, high = -math.huge, until_ms = nil }

  self:watch(symbol, p.levels_timeframe)
  self:watch(symbol, 'finest')
  self.bars = self:candles(symbol, p.levels_timeframe)
  self.centre = self:indicator('centre', symbol, p.levels_timeframe, {
    length = p.centre_length, smoothing = p.smoothing,
  })
  self.range = self:indicator('atr_mean', symbol, p.levels_timeframe, { length = p.atr_length })
  self.trend = self:indicator('adx_state', symbol, p.adx_timeframe, {
    di = p.adx_di, length = p.adx_length, threshold = p.adx_threshold,
    range = p.adx_range, range_move = p.adx_range_move,
  })
  self.state.adx = self.state.adx or recall_trend(self)

  self.levels = level_tools.new(p)
  local oldest = math.min(#self.bars, level_tools.replay_length(p)) - 1
  for age = oldest, 0, -1 do draw_levels(self, age) end
end

-- Other settings draw other lines; without a change a lot keeps its line until the next bar.
function M:on_params()
  if self.levels.line then lot_tools.assign(self.state.lots, self.levels) end
end

local function is_ours(self, id)
  local state = self.state
  return lot_tools.find(state.entries, 'id', id) or lot_tools.find(state.lots, 'tp', id)
    or (state.stop and state.stop.id == id) or state.exits.long == id or state.exits.short == id
end

-- Compares what is remembered with what is there; the next close does the rest.
function M:on_ready()
  local p, state = self.params, self.state
  exits.note_position(self)
  if state.completed then return exits.complete(self, state.completed) end
  if p.leverage > 1 then self:leverage(p.symbol, p.leverage) end
  for _, order in ipairs(self:orders(p.symbol)) do
    if not is_ours(self, order.id) then self:cancel(order.id) end
  end
  local held = self.instrument_facts:lots(self.held_quantity)
  if self.held_side then held = held * self.held_side.sign end
  self.is_adrift = lot_tools.net(state.lots) ~= held
  if self.is_adrift then
    local text = p.symbol .. ': the position is not the sum of the lots, no entries'
    self:notify(text, { level = 'error' })
  end
  if self.levels.line then exits.cover(self) end
  exits.guard(self)
end

-- A bar of the levels timeframe: lines, lots, the turn of the trend, take-profits.
local function redraw(self, c)
  local state = self.state
  local adx = state.adx
  adx[1], adx[2], adx[3] = self.trend[0] or 0, adx[1], adx[2]
  state.margin_wait = nil
  draw_levels(self, 0)
  entries.wake(self)
  if not self.levels.line then return end
  lot_tools.assign(state.lots, self.levels)
  if c.warmup or state.completed then return end
  exits.turned(self)
  exits.recalculate(self, c.close)
end

-- Minutes without an entry, counted from the first evaluation.
local function is_idle(self, now)
  local state, minutes = self.state, self.params.custom_stop
  state.since = state.since or now
  if minutes == 0 then return false end
  self.calm.until_ms = math.max(state.since, state.last_entry or 0) + minutes * 60000
  return now >= self.calm.until_ms
end

-- A close at which something may have changed.
local function evaluate(self, c)
  local p, state = self.params, self.state
  if state.completed or not self.levels.line or #self.bars < p.warmup then return end
  state.r = level_tools.reference(self.levels, state.r, c.close)
  if c.warmup then return end
  if is_idle(self, c.close_time) then return exits.complete(self, 'custom_stop') end
  exits.edges(self, c.close)
  entries.settle(self, c.close)
end

function M:on_candle(c)
  if c.timeframe == self.levels_timeframe then
    redraw(self, c)
    if self.has_finer then return end -- the finest bar of this instant follows
  else
    self.has_finer = true
  end
  local close, calm = c.close, self.calm
  if close > calm.low and close < calm.high then
    if not calm.until_ms or c.close_time < calm.until_ms then return end
  end
  evaluate(self, c)
end

function M:on_fill(f)
  local state = self.state
  exits.note_position(self)
  local book = fills[f.tag] or fills.exit
  book(self, f, self.instrument_facts:lots(f.quantity))
  entries.wake(self)
  if state.completed then return end
  if self.levels.line then state.r = level_tools.reference(self.levels, state.r, f.price) end
  exits.guard(self)
end

local HAS_ENDED = { filled = true, canceled = true, rejected = true, expired = true }

-- Of an order that goes on as it was asked for there is nothing to learn.
function M:on_order(o)
  local has_ended = HAS_ENDED[o.state] == true
  if not has_ended and not o.code or self.state.completed then return end
  local tag = o.tag
  local changed = tag == 'entry' and entries.changed or exits.changed[tag]
  if changed then changed(self, o, has_ended) end
end

return M
