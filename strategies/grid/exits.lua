--- The ways out of a lot or of everything: take-profits, stop loss, closing at market.
local entries = require './entries'
local lot_tools = require './lots'
local sides = require './sides'

local M = {}

-- The profit a lot takes at least and at most. On the outermost lines both the line's own
-- take-profit and the least are `edge_tp`.
local function bounds(p, side, lot)
  local is_edge = lot.at == 1 or lot.at == p.grid_num
  local least = is_edge and p.edge_tp or p[side.take_least]
  return lot.price * (1 + side.sign * least), lot.price * (1 + side.sign * p[side.take_most]), is_edge
end

--- Where a lot takes its profit: on the next line, within its bounds; unrounded.
function M.target(self, lot)
  local p, levels, side = self.params, self.levels, sides[lot.side]
  local least, most, is_edge = bounds(p, side, lot)
  local line
  if is_edge then
    line = levels[lot.at] * (1 + side.sign * p.edge_tp)
  else
    line = lot.at and levels[lot.at + side.sign]
  end
  if not line then return least end
  return side.nearer(side.farther(least, line), most)
end

local function rounded(self, side, price)
  return self.instrument_facts:round_price(price, side.leave_rounding)
end

--- Lets the take-profit of a lot rest, for all of the lot.
function M.place(self, lot)
  local instrument = self.instrument_facts
  local quantity = instrument:quantity(lot.count)
  if quantity < instrument.min_quantity then return end
  local side = sides[lot.side]
  local price = rounded(self, side, M.target(self, lot))
  local id = self:place(self.params.symbol, {
    side = sides[side.other].enter, price = price, quantity = quantity,
    reduce_only = true, tag = 'tp', reason = 'tp_' .. lot.level,
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

local function by_distance(lots, close)
  local list = {}
  for index, lot in ipairs(lots) do
    if lot.tp then
      list[#list + 1] = { lot = lot, index = index, distance = math.abs(lot.tp_price - close) }
    end
  end
  table.sort(list, function(a, b)
    if a.distance ~= b.distance then return a.distance < b.distance end
    return a.index < b.index
  end)
  return list
end

-- The price has passed the target while the take-profit lay farther out: the i-th such one of its
-- side steps to just beyond the price, never farther out than it rests now.
local function step_beyond(p, side, lot, close, i)
  local price = close * (1 + side.sign * p.tp_step * i)
  return side.nearer(side.farther(price, (bounds(p, side, lot))), lot.tp_price)
end

--- The lines have moved: take-profits follow, the nearest few at one time.
function M.recalculate(self, close)
  local p, passed, moved = self.params, { long = 0, short = 0 }, 0
  for _, item in ipairs(by_distance(self.state.lots, close)) do
    local lot = item.lot
    local side = sides[lot.side]
    local price = M.target(self, lot)
    if (price - close) * side.sign <= 0 then
      passed[lot.side] = passed[lot.side] + 1
      price = step_beyond(p, side, lot, close, passed[lot.side])
    end
    price = rounded(self, side, price)
    if moved < p.tp_max and math.abs(price - lot.tp_price) > p.same_price * lot.tp_price then
      moved = moved + 1
      lot.tp_price = price
      self:amend(lot.tp, { price = price })
    end
  end
end

--- Keeps the stop of the whole position where its average says; without a position there is none.
function M.guard(self)
  local p, state = self.params, self.state
  local position = self:position(p.symbol)
  local stop = state.stop
  local side = position.is_long and 'long' or 'short'
  if stop and (position.is_flat or stop.side ~= side) then
    self:cancel(stop.id)
    stop, state.stop = nil, nil
  end
  if p.stop_loss == 0 or position.is_flat then return end
  local price = position.entry_price * (1 - sides[side].sign * p.stop_loss / 100)
  price = self.instrument_facts:round_price(price, 'nearest')
  if not stop then
    local id = self:close(p.symbol, { stop = price, tag = 'stop', reason = 'stop_loss' })
    if id then state.stop = { id = id, side = side, price = price } end
  elseif stop.price ~= price then
    stop.price = price
    self:amend(stop.id, { stop = price })
  end
end

--- Closes a side at market: its take-profits and entries go first, and no new entry of the side
--- rests until the fill.
function M.leave(self, side, reason)
  local p, state = self.params, self.state
  local position = self:position(p.symbol)
  if state.exits[side.name] or not position['is_' .. side.name] then return end
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
    local is_new = adx[1] == side.blocked and adx[2] ~= side.blocked and adx[3] ~= side.blocked
    if is_new then M.leave(self, side, 'adx_exit') end
  end
end

-- Beyond the last line on the side of the profit, a position that has earned its least is closed.
function M.edges(self, close)
  local p, levels, state = self.params, self.levels, self.state
  local edge = close >= levels[p.grid_num] and 'long' or close <= levels[1] and 'short' or nil
  if edge and edge ~= state.edge then
    self:notify(string.format('%s: the price has left the grid at %.8g', p.symbol, close))
  end
  state.edge = edge
  local position = self:position(p.symbol)
  local side = sides[position.is_long and 'long' or 'short']
  self.edge_price = nil
  if position.is_flat then return end
  local earned = position.entry_price * (1 + side.sign * p[side.take_least])
  self.edge_price = earned
  if edge == side.name and (close - earned) * side.sign >= 0 then M.leave(self, side, 'edge_exit') end
end

--- The symbol is done: nothing rests any more, what is held is sold, and the activation ends.
function M.complete(self, reason)
  local p, state = self.params, self.state
  state.completed = reason
  self:cancel_all(p.symbol)
  if not self:position(p.symbol).is_flat then
    self:close(p.symbol, { tag = 'exit', reason = reason })
  end
  self:finish(reason)
end

return M
