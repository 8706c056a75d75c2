--- The ways out of a lot or of everything: take-profits, stop loss, closing at market.
local entries = require './entries'
local lot_tools = require './lots'
local sides = require './sides'

local M = {}

local abs = math.abs

-- The prices between which a lot takes its profit. On the outermost lines `edge_tp` is both the
-- least and, seen from the line, the aim.
local function bounds(p, side, lot)
  local is_edge = lot.at == 1 or lot.at == p.grid_num
  local least = is_edge and p.edge_tp or p[side.take_least]
  local sign = side.sign
  return lot.price * (1 + sign * least), lot.price * (1 + sign * p[side.take_most]), is_edge
end

-- Where a lot takes its profit: on the next line, within its bounds; unrounded.
local function target(self, side, lot)
  local p, levels, at = self.params, self.levels, lot.at
  local least, most, is_edge = bounds(p, side, lot)
  local line
  if is_edge then
    line = levels[at] * (1 + side.sign * p.edge_tp)
  else
    line = at and levels[at + side.sign]
  end
  if not line then return least end
  return side.nearer(side.farther(least, line), most)
end

--- Notes the position as the fills so far have left it; between fills it does not change.
function M.note_position(self)
  local p = self.params
  local position = self:position(p.symbol)
  local side = not position.is_flat and (position.is_long and sides.long or sides.short)
  self.held_side, self.held_quantity = side, side and position.quantity or 0
  self.entry_price = side and position.entry_price
  -- where the position has earned the least that is worth an exit at the edge
  self.earned_price = side and self.entry_price * (1 + side.sign * p[side.take_least])
end

--- Lets the take-profit of a lot rest, for all of the lot.
function M.place(self, lot)
  local instrument, side = self.instrument_facts, sides[lot.side]
  local quantity = instrument:quantity(lot.count)
  if quantity < instrument.min_quantity then return end
  local price = instrument:round_price(target(self, side, lot), side.leave_rounding)
  local id = self:place(self.params.symbol, {
    side = side.leave, price = price, quantity = quantity, reduce_only = true,
    tag = 'tp', reason = 'tp_' .. lot.level,
  })
  if id then lot.tp, lot.tp_price = id, price end
end

--- The lot has another size: its take-profit follows.
function M.resize(self, lot)
  if not lot.tp then return M.place(self, lot) end
  local order, instrument = self:order(lot.tp), self.instrument_facts
  local filled = order and instrument:lots(order.filled) or 0
  self:amend(lot.tp, { quantity = instrument:quantity(lot.count + filled) })
end

--- A lot that is gone takes its take-profit with it.
function M.drop(self, lot)
  if lot.tp then self:cancel(lot.tp) end
  lot_tools.remove(self.state.lots, lot)
end

--- Every lot has a take-profit, unless its side is being closed.
function M.cover(self)
  for _, lot in ipairs(self.state.lots) do
    if not lot.tp and not self.state.exits[lot.side] then M.place(self, lot) end
  end
end

-- The lots whose take-profits rest, that nearest to the price first, the older of two as near.
local function nearest_first(lots, close)
  local list = {}
  for i = 1, #lots do
    local lot = lots[i]
    if lot.tp then
      local distance, at = abs(lot.tp_price - close), #list
      while at > 0 and abs(list[at].tp_price - close) > distance do
        list[at + 1] = list[at]
        at = at - 1
      end
      list[at + 1] = lot
    end
  end
  return list
end

-- The price has passed the target while the take-profit lay farther out: the i-th such one of its
-- side steps to just beyond the price, never farther from it than it rests now.
local function step_beyond(p, side, lot, close, i)
  local price = close * (1 + side.sign * p.tp_step * i)
  return side.nearer(side.farther(price, (bounds(p, side, lot))), lot.tp_price)
end

--- The lines have moved: take-profits follow, the nearest few at one time.
function M.recalculate(self, close)
  local p, passed, moved = self.params, { long = 0, short = 0 }, 0
  local list, tick = nearest_first(self.state.lots, close), self.instrument_facts.tick
  for i = 1, #list do
    local lot = list[i]
    local side = sides[lot.side]
    local price = target(self, side, lot)
    if (price - close) * side.sign <= 0 then
      passed[lot.side] = passed[lot.side] + 1
      price = step_beyond(p, side, lot, close, passed[lot.side])
    end
    local tolerance = p.same_price * lot.tp_price
    if moved < p.tp_max and abs(price - lot.tp_price) > tolerance - tick then
      price = self.instrument_facts:round_price(price, side.leave_rounding)
      if abs(price - lot.tp_price) > tolerance then
        moved = moved + 1
        lot.tp_price = price
        self:amend(lot.tp, { price = price })
      end
    end
  end
end

--- Keeps the stop of the whole position where its average says; without a position there is none.
function M.guard(self)
  local p, state = self.params, self.state
  local stop = state.stop
  local side = self.held_side
  if stop and (p.stop_loss == 0 or not side or stop.side ~= side.name) then
    self:cancel(stop.id)
    stop, state.stop = nil, nil
  end
  if p.stop_loss == 0 or not side then return end
  local price = self.entry_price * (1 - side.sign * p.stop_loss / 100)
  price = self.instrument_facts:round_price(price, 'nearest')
  if not stop then
    local id = self:close(p.symbol, { stop = price, tag = 'stop', reason = 'stop_loss' })
    if id then state.stop = { id = id, side = side.name, price = price } end
  elseif stop.price ~= price then
    stop.price = price
    self:amend(stop.id, { stop = price })
  end
end

--- Closes a side at market: its take-profits and entries go first, and no new entry of the side
--- rests until the fill.
function M.leave(self, side, reason)
  local p, state = self.params, self.state
  if state.exits[side.name] or self.held_side ~= side then return end
  for _, lot in ipairs(state.lots) do
    if lot.side == side.name and lot.tp then
      self:cancel(lot.tp)
      lot.tp, lot.tp_price = nil, nil
    end
  end
  entries.withdraw_side(self, side)
  state.exits[side.name] = self:close(p.symbol, { tag = 'exit', reason = reason })
end

--- At a bar of the levels timeframe: the trend has just turned hard against a side.
function M.turned(self)
  local adx = self.state.adx
  for _, side in ipairs(sides.order) do
    local against = side.against
    if adx[1] == against and adx[2] ~= against and adx[3] ~= against then
      M.leave(self, side, 'adx_exit')
    end
  end
end

--- Beyond the last line on the side of the profit, a position that has earned its least is closed.
function M.edges(self, close)
  local p, levels, state, side = self.params, self.levels, self.state, self.held_side
  local edge = close >= levels[levels.count] and 'long' or close <= levels[1] and 'short' or nil
  if edge and edge ~= state.edge then
    self:notify(string.format('%s: the price has left the grid at %.8g', p.symbol, close))
  end
  state.edge = edge
  if side and edge == side.name and (close - self.earned_price) * side.sign >= 0 then
    M.leave(self, side, 'edge_exit')
  end
end

--- The symbol is done: nothing rests any more, what is held is closed, the activation ends.
function M.complete(self, reason)
  local p = self.params
  self.state.completed = reason
  self:cancel_all(p.symbol)
  if self.held_side then
    self:close(p.symbol, { tag = 'exit', reason = reason })
  end
  self:finish(reason)
end

-- A take-profit that ended unfilled is placed anew, unless it was refused: that is an alarm.
local function take_profit_changed(self, o, has_ended)
  local lot = lot_tools.find(self.state.lots, 'tp', o.id)
  if not lot then return end
  if not has_ended then
    if o.price == lot.tp_price then return end
    lot.tp_price = o.price
  else
    lot.tp, lot.tp_price = nil, nil
    if o.state == 'rejected' then
      local text = '%s: the take-profit of level %d was refused: %s'
      text = string.format(text, self.params.symbol, lot.level, o.message or '')
      self:notify(text, { level = 'error' })
    else
      M.place(self, lot)
    end
  end
  entries.wake(self)
end

local function exit_changed(self, o, has_ended)
  local state = self.state
  if not has_ended then return end
  for _, side in ipairs(sides.order) do
    if state.exits[side.name] == o.id then
      state.exits[side.name] = nil
      M.cover(self)
      entries.wake(self)
    end
  end
end

local function stop_changed(self, o, has_ended)
  local state = self.state
  if not state.stop or state.stop.id ~= o.id then return end
  if not has_ended then
    state.stop.price = o.stop or state.stop.price
    return
  end
  state.stop = nil
  if o.state == 'rejected' then
    local text = self.params.symbol .. ': the stop was refused: ' .. (o.message or '')
    self:notify(text, { level = 'error' })
  end
end

--- What a change of an order means, by its tag.
M.changed = { tp = take_profit_changed, exit = exit_changed, stop = stop_changed }

return M
