--- A stop and targets that follow a position: partial fills, additions, turns and restarts included.
---
---   function M:on_fill(f)
---     bracket.guard(self, f, { stop = f.price * 0.98, take = { { 0.5, f.price * 1.02 }, { 0.5, f.price * 1.04 } } })
---   end
---   function M:on_order(o) bracket.on_order(self, o) end
---   function M:on_ready() bracket.check(self) end
---
--- The stop is one order for whatever the position is when it trades. The targets are shares of the
--- position as of its last addition, in whole lots; the last takes the rest where the shares sum to 1.
--- When the position is flat what still rests is canceled. What rests is kept in `self.state.bracket`.

local bracket = {}

local SHARE_ERROR = 1e-9

local ENDED = { filled = true, canceled = true, rejected = true, expired = true }

local function plans_of(self)
  local plans = self.state.bracket or {}
  self.state.bracket = plans
  return plans
end

-- Of an account in net mode there is one position a symbol, and no side to name.
local function side_of(f)
  if f.position_side ~= 'net' then return f.position_side end
end

local function key_of(symbol, position_side)
  return symbol .. '/' .. (position_side or 'net')
end

local function open_order(self, id)
  local order = id and self:order(id)
  if order and not ENDED[order.state] and order.pending ~= 'cancel' then return order end
end

local function direction_of(position)
  return position.is_long and 'long' or 'short'
end

-- Whole lots for each target; the last takes the rest when the shares are the whole.
local function parts_of(lots, take)
  local parts, left, sum = {}, lots, 0
  for i = 1, #take do
    local share = take[i].share
    sum = sum + share
    local is_rest = i == #take and sum > 1 - SHARE_ERROR
    local part = is_rest and left or math.min(left, math.floor(lots * share + SHARE_ERROR))
    parts[i] = part
    left = left - part
  end
  return parts
end

local function rest_stop(self, plan)
  local order = open_order(self, plan.stop_id)
  if not plan.stop then
    if order then self:cancel(plan.stop_id) end
    plan.stop_id = nil
    return
  end
  local wanted = self:instrument(plan.symbol):round_price(plan.stop, 'nearest')
  if not order then
    plan.stop_id = self:close(plan.symbol, {
      stop = plan.stop, position_side = plan.position_side, reason = 'stop_loss', tag = 'bracket',
    })
  elseif order.stop ~= wanted then
    self:amend(plan.stop_id, { stop = plan.stop })
  end
end

local function rest_target(self, plan, target, lots)
  local instrument = self:instrument(plan.symbol)
  local order = open_order(self, target.id)
  if lots < 1 then
    if order then self:cancel(target.id) end
    target.id = nil
    return
  end
  local side = plan.direction == 'long' and 'sell' or 'buy'
  local price = instrument:round_price(target.price, side == 'buy' and 'down' or 'up')
  if not order then
    target.id = self:place(plan.symbol, {
      side = side, quantity = instrument:quantity(lots), price = price, reduce_only = true,
      position_side = plan.position_side, reason = 'take_profit', tag = 'bracket',
    })
    return
  end
  -- An amended quantity is the total, what has filled included.
  local total = instrument:quantity(lots + instrument:lots(order.filled))
  if order.price ~= price or order.quantity ~= total then
    self:amend(target.id, { price = price, quantity = total })
  end
end

local function rest_all(self, plan)
  local position = self:position(plan.symbol, plan.position_side)
  local lots = self:instrument(plan.symbol):lots(position.quantity)
  local parts = parts_of(lots, plan.take)
  rest_stop(self, plan)
  for i = 1, #plan.take do rest_target(self, plan, plan.take[i], parts[i]) end
end

local function cancel(self, id)
  if open_order(self, id) then self:cancel(id) end
end

local function finish(self, key)
  local plans = plans_of(self)
  local plan = plans[key]
  if not plan then return end
  plans[key] = nil
  cancel(self, plan.stop_id)
  for i = 1, #plan.take do cancel(self, plan.take[i].id) end
end

local function check_wanted(wanted)
  local sum = 0
  for i, target in ipairs(wanted.take or {}) do
    local share, price = target[1], target[2]
    if type(share) ~= 'number' or type(price) ~= 'number' or share <= 0 then
      error('bracket.guard: take ' .. i .. ' must be { share, price } with a share over 0', 3)
    end
    sum = sum + share
  end
  if sum > 1 + SHARE_ERROR then error('bracket.guard: the shares sum to more than 1', 3) end
  if wanted.stop ~= nil and type(wanted.stop) ~= 'number' then error('bracket.guard: stop must be a number', 3) end
end

-- The targets wanted now, each with the order that rests for the one in its place.
local function targets_of(wanted, before)
  local take = {}
  for i, target in ipairs(wanted.take or {}) do
    take[i] = { share = target[1], price = target[2], id = before[i] and before[i].id }
  end
  return take
end

--- Call it in `on_fill`, for every fill: one that enlarges the position sets stop and targets.
---@param self strategy
---@param f fill
---@param wanted { stop: number?, take: { [1]: number, [2]: number }[]? } prices; shares of the position
function bracket.guard(self, f, wanted)
  check_wanted(wanted)
  local position_side = side_of(f)
  local key = key_of(f.symbol, position_side)
  local position = self:position(f.symbol, position_side)
  if position.is_flat then return finish(self, key) end

  local plans, direction = plans_of(self), direction_of(position)
  if plans[key] and plans[key].direction ~= direction then finish(self, key) end
  local enlarges = (f.side == 'buy') == (direction == 'long')
  if not enlarges then return end

  local plan = plans[key] or { symbol = f.symbol, position_side = position_side, direction = direction, take = {} }
  for i = #(wanted.take or {}) + 1, #plan.take do cancel(self, plan.take[i].id) end
  plan.stop, plan.take = wanted.stop, targets_of(wanted, plan.take)
  plans[key] = plan
  rest_all(self, plan)
end

-- The stop that was refused could not protect any more: out at market. One that somebody canceled rests anew.
local function stop_ended(self, plan, order)
  plan.stop_id = nil
  if order.state == 'rejected' then
    self:close(plan.symbol, { position_side = plan.position_side, reason = 'stop_loss', tag = 'bracket' })
  elseif order.state ~= 'filled' then
    rest_stop(self, plan)
  end
end

--- Call it in `on_order`, for every order.
---@param self strategy
---@param o order
function bracket.on_order(self, o)
  if not ENDED[o.state] then return end
  local key = key_of(o.symbol, side_of(o))
  local plan = plans_of(self)[key]
  if not plan then return end
  if self:position(plan.symbol, plan.position_side).is_flat then return finish(self, key) end
  if plan.stop_id == o.id then stop_ended(self, plan, o) end
  for i = 1, #plan.take do
    if plan.take[i].id == o.id then plan.take[i].id = nil end
  end
end

--- Call it in `on_ready`: what was missed while the script was away is made up for.
---@param self strategy
function bracket.check(self)
  for key, plan in pairs(plans_of(self)) do
    local position = self:position(plan.symbol, plan.position_side)
    if position.is_flat or direction_of(position) ~= plan.direction then
      finish(self, key)
    else
      rest_stop(self, plan)
    end
  end
end

return bracket
