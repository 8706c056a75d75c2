--- @meta
--- Types of the script API for editors, written from the tables of the program: never edit,
--- never require. A script begins with `--- @class NAME: strategy`.

--- @alias timeframe "1m"|"3m"|"5m"|"15m"|"30m"|"1h"|"2h"|"4h"|"6h"|"8h"|"12h"|"1d"
--- @alias indicator_name "rsi"|"atr"|"atr_mean"|"ema"|"sma"|"rma"|"stddev"|"bollinger"|"jma"|"rq"|"t3"|"vidya"|"cycle"|"bb_state"|"trend_state"|"adx"|"adx_state"|"centre"
--- @alias order_state "new"|"open"|"partially_filled"|"filled"|"canceled"|"rejected"|"expired"|"unknown"
--- @alias code string # the name of an error, like "below_minimum"
--- @alias params table<string, any>

--- The argument of on_candle: a bar that closed.
--- @class candle
--- @field symbol string
--- @field timeframe string # "15m"
--- @field time integer # when it opened, ms
--- @field close_time integer # when the next one opens, ms
--- @field open number
--- @field high number
--- @field low number
--- @field close number
--- @field volume number
--- @field warmup boolean # a bar that was missed: orders are refused with `warmup`

--- A bar of a candles handle: a table of its own.
--- @class bar
--- @field time integer # when it opened, ms
--- @field close_time integer # when the next one opens, ms
--- @field open number
--- @field high number
--- @field low number
--- @field close number
--- @field volume number

--- The argument of on_ticker.
--- @class ticker
--- @field symbol string
--- @field time integer # ms
--- @field last number
--- @field bid number? # nil where the data has none
--- @field ask number? # nil where the data has none
--- @field open number # first price since the ticker event before
--- @field high number # highest price since the ticker event before
--- @field low number # lowest price since the ticker event before

--- The argument of on_fill.
--- @class fill
--- @field order_id string? # nil where nobody asked for the order
--- @field symbol string
--- @field side "buy"|"sell"
--- @field position_side "net"|"long"|"short"
--- @field price number
--- @field quantity number
--- @field fee number # paid, in fee_asset; negative where the venue pays
--- @field fee_asset string
--- @field liquidity "taker"|"maker"
--- @field time integer # ms; cooldowns count from it
--- @field reason string # the order's, or one of the core: liquidation adl manual kill suspend …
--- @field tag string # the order's; empty where it has none
--- @field is_final boolean # this fill completed its order

--- An own order; the argument of on_order.
--- @class order
--- @field id string # stable over restart and amendment; a key for self.state
--- @field symbol string
--- @field side "buy"|"sell"
--- @field position_side "net"|"long"|"short"
--- @field type "market"|"limit"|"stop"
--- @field price number? # limit last asked for
--- @field stop number? # trigger last asked for
--- @field quantity number # last asked for, what has filled included; 0 where it is the whole position
--- @field filled number
--- @field average number? # average price of its fills
--- @field reduce_only boolean
--- @field state order_state
--- @field pending ("new"|"amend"|"cancel")? # asked for and not answered yet
--- @field code string? # why it was rejected, or why an ask on it was refused
--- @field message string # the same for a person, with the check and its numbers
--- @field reason string
--- @field tag string # empty where none was given
--- @field time integer # of its last change, ms

--- What this activation holds of a symbol, as of the event.
--- @class position
--- @field is_flat boolean
--- @field is_long boolean
--- @field is_short boolean
--- @field quantity number # never negative: is_long and is_short say which way
--- @field entry_price number? # average of what enlarged it, fees not in it; nil when flat
--- @field unrealized number # open profit at the last price
--- @field realized number # closed profit so far, fees not in it
--- @field leverage integer

--- The money of this activation.
--- @class balance
--- @field equity number # balance and open profit
--- @field balance number # what is realised, fees paid
--- @field free number # equity less the margin of positions and of resting orders that enlarge one

--- How the account is set.
--- @class account
--- @field currency string
--- @field position_mode "net"|"hedge"
--- @field margin_mode "cross"|"isolated"

--- What a venue offers for a symbol.
--- @class can
--- @field stop boolean # stop orders that rest at the venue
--- @field amend boolean
--- @field post_only boolean
--- @field reduce_only boolean
--- @field hedge boolean # long and short positions side by side

--- The facts of a symbol.
--- @class instrument
--- @field symbol string
--- @field tick number # step of prices
--- @field lot number # step of quantities, in base units
--- @field min_quantity number
--- @field min_notional number # 0: none
--- @field contract number # base units of one contract of the venue
--- @field base string
--- @field quote string
--- @field max_leverage integer
--- @field kind "spot"|"perpetual"
--- @field can can # what the venue offers
--- @field lots fun(self: instrument, x: number): integer # whole lots of a quantity, exactly
--- @field quantity fun(self: instrument, n: integer): number # the way back from lots
--- @field round_price fun(self: instrument, x: number, how: "down"|"up"|"nearest"): number # to the tick; ties go up

--- Neither price nor stop: a market order. value is divided by the limit, else the stop, else the last price as of the event.
--- @class place_options
--- @field side ("buy"|"sell")? # for place; buy and sell bring their own
--- @field quantity number? # base units; this or value
--- @field value number? # quote currency, exactly, down to the lot
--- @field price number? # makes it a limit order
--- @field stop number? # makes it a stop order: a market order once this price is touched
--- @field post_only boolean? # a limit order that may only rest
--- @field time_in_force ("gtc"|"ioc"|"fok")? # gtc
--- @field reduce_only boolean?
--- @field position_side ("net"|"long"|"short")? # in hedge mode: long or short
--- @field tag string? # comes back with order and fills
--- @field reason string # why: required, it is what reports group by

--- Neither price nor stop: at market.
--- @class close_options
--- @field share number? # over 0, up to 1: the part of the position
--- @field stop number? # a resting stop for whatever the position is when it trades
--- @field price number? # a resting limit for whatever the position is when it trades
--- @field position_side ("net"|"long"|"short")? # in hedge mode: long or short
--- @field reason string # why: required
--- @field tag string? # comes back with order and fills

--- What is left out stays.
--- @class amend_options
--- @field price number?
--- @field stop number?
--- @field quantity number? # the total, what has filled included
--- @field reason string?
--- @field tag string?

--- Only orders like this.
--- @class order_filter
--- @field side ("buy"|"sell")?
--- @field position_side ("net"|"long"|"short")?
--- @field tag string?

--- Exactly one of them.
--- @class timer_options
--- @field after integer? # ms from now, once
--- @field at integer? # a time in ms, once
--- @field every integer? # ms between two, the first after one such span

--- @class notify_options
--- @field level ("info"|"warn"|"error")? # info

--- Besides these fields up to 16 numbers of any name, kept with the signal.
--- @class signal
--- @field symbol string
--- @field side string?
--- @field kind string?
--- @field accepted boolean? # false: it was blocked
--- @field reason string? # why it was taken or blocked
--- @field price number?

--- Values of an indicator as of the event that is handled; nil while it warms up. A longer timeframe without a look ahead: h:at(c.time).
--- @class indicator
--- @field [integer] number? # the value that many bars before the last closed one; up to 3,000
--- @field [string] indicator # a named output: h.upper[0]
--- @field at fun(self: indicator, ms: number): number? # the value of the last bar closed at or before that time
--- @field time fun(self: indicator, n: integer): integer? # the open time of the bar of h[n]

--- The bars of a symbol as of the event that is handled. Loop with for i = #s - 1, 0, -1 do.
--- @class candles
--- @field [integer] bar? # the bar that many before the last closed one; #s says how many
--- @field at fun(self: candles, ms: number): bar? # the last bar closed at or before that time
--- @field time fun(self: candles, n: integer): integer? # the open time of s[n]

--- An indicator with private state, made by ta.NAME{ length = 5 }.
--- @class ta_object
--- @field [string] number? # a named output after the last push
--- @field push fun(self: ta_object, x: number|bar|candle): number? # takes one more number or bar; the value after it
--- @field feed fun(self: ta_object, handle: indicator|candles, n: integer): number? # pushes the last n values or bars of a handle

--- A script's table, and self in its handlers.
--- @class strategy
--- @field api integer # 1
--- @field name string
--- @field version integer
--- @field commands? table<string, table>
--- @field check? fun(params: params): string[]?
--- @field migrate? fun(state: table, from_version: integer): table
--- @field params params # the parameters, read-only; an unknown name raises
--- @field state table # plain data: the only thing that survives a restart
--- @field now integer # time of the event that is handled, ms; it never goes back
--- @field id string # of the activation
--- @field on_start? fun(self: strategy) # Activation, restart, new version, after a fault, after a change of parameters: indicators, candles and watches are made here. No orders.
--- @field on_ready? fun(self: strategy, why: "activated"|"restarted"|"edited"|"params"|"fault") # The first handler after on_start that may ask.
--- @field on_candle? fun(self: strategy, c: candle) # A bar of a watched timeframe closed.
--- @field on_ticker? fun(self: strategy, t: ticker) # The price moved.
--- @field on_fill? fun(self: strategy, f: fill) # A fill of an own order was booked.
--- @field on_order? fun(self: strategy, o: order) # An own order changed state, or an ask on it was refused.
--- @field on_timer? fun(self: strategy, name: string) # A timer came due.
--- @field on_params? fun(self: strategy, old: params) # The parameters were changed; between on_start and on_ready.
--- @field on_command? fun(self: strategy, name: string, args: table) # A user called a command of M.commands; a text returned is the answer.
--- @field on_stop? fun(self: strategy, why: "keep"|"close"|"finish"|"suspend") # The last call; it may still cancel and close.
local strategy = {}

--- Values of an indicator: h[0] at the last closed bar, h[1] one bar before, up to 3,000 back; h.upper[0] a named output; nil while it warms up. Two that are equal are computed once.
--- @param name indicator_name
--- @param symbol string
--- @param timeframe timeframe
--- @param params? table
--- @return indicator
function strategy:indicator(name, symbol, timeframe, params) end

--- The bars of a symbol: s[0].close of the last closed one, #s how many there are.
--- @param symbol string
--- @param timeframe timeframe
--- @return candles
function strategy:candles(symbol, timeframe) end

--- Delivers on_candle for these bars; 'finest' is the finest the data has. The parameters named symbol and timeframe are watched without asking.
--- @param symbol string
--- @param timeframe timeframe|"finest"
function strategy:watch(symbol, timeframe) end

--- Delivers on_ticker for this symbol.
--- @param symbol string
function strategy:watch_ticker(symbol) end

--- What this activation holds; without a side the net. It always shows the present.
--- @param symbol string
--- @param side? ("net"|"long"|"short")
--- @return position
function strategy:position(symbol, side) end

--- The money of this activation.
--- @return balance
function strategy:balance() end

--- How its account is set.
--- @return account
function strategy:account() end

--- Own open orders, oldest first. One whose cancel is pending is among them.
--- @param symbol string
--- @param filter? order_filter
--- @return order[]
function strategy:orders(symbol, filter) end

--- An own order by its id, ended ones of the last 24 hours too.
--- @param id string
--- @return order?
--- @return code?
--- @return string?
function strategy:order(id) end

--- The facts of a symbol.
--- @param symbol string
--- @return instrument?
--- @return code?
--- @return string?
function strategy:instrument(symbol) end

--- Asks for an order and returns its id at once; what becomes of it arrives in on_order and on_fill.
--- @param symbol string
--- @param o place_options
--- @return string?
--- @return code?
--- @return string?
function strategy:place(symbol, o) end

--- place with side = 'buy'.
--- @param symbol string
--- @param o place_options
--- @return string?
--- @return code?
--- @return string?
function strategy:buy(symbol, o) end

--- place with side = 'sell'.
--- @param symbol string
--- @param o place_options
--- @return string?
--- @return code?
--- @return string?
function strategy:sell(symbol, o) end

--- Closes the own position or a share of it, reduce-only: at market, or by a resting order for whatever the position is when it trades.
--- @param symbol string
--- @param o close_options
--- @return string?
--- @return code?
--- @return string?
function strategy:close(symbol, o) end

--- Asks to cancel an open order. Live it can lose the race: then the fill arrives all the same.
--- @param id string
--- @return true?
--- @return code?
--- @return string?
function strategy:cancel(id) end

--- Asks to cancel all open orders like this; how many they are.
--- @param symbol string
--- @param filter? order_filter
--- @return integer?
--- @return code?
--- @return string?
function strategy:cancel_all(symbol, filter) end

--- Asks to change an open order; its id stays. Where it is refused, an on_order brings code and the old figures.
--- @param id string
--- @param o amend_options
--- @return true?
--- @return code?
--- @return string?
function strategy:amend(id, o) end

--- Asks for a leverage; orders asked after it wait for it. What is already set costs nothing.
--- @param symbol string
--- @param n integer
--- @return true?
--- @return code?
--- @return string?
function strategy:leverage(symbol, n) end

--- Asks for a margin mode; refused while a position is open.
--- @param symbol string
--- @param mode "cross"|"isolated"
--- @return true?
--- @return code?
--- @return string?
function strategy:margin_mode(symbol, mode) end

--- Sets a timer: on_timer(name) when it comes due. A name is one timer; timers survive restarts.
--- @param name string
--- @param o timer_options
--- @return true?
--- @return code?
--- @return string?
function strategy:timer(name, o) end

--- Takes a timer back; one that is not set does no harm.
--- @param name string
--- @return true?
--- @return code?
--- @return string?
function strategy:cancel_timer(name) end

--- Records an evaluated signal, accepted or blocked.
--- @param s signal
--- @return true?
--- @return code?
--- @return string?
function strategy:signal(s) end

--- Writes a line into the log; with more arguments text is a format (%s %d %.2f).
--- @param text string
--- @param ... any
function strategy:log(text, ...) end

--- The same as a warning.
--- @param text string
--- @param ... any
function strategy:warn(text, ...) end

--- Sends a notice to the user.
--- @param text string
--- @param o? notify_options
--- @return true?
--- @return code?
--- @return string?
function strategy:notify(text, o) end

--- Ends this activation: what is open and reduces may still fill.
--- @param reason string
--- @return true?
--- @return code?
--- @return string?
function strategy:finish(reason) end

--- Indicators with private state, fed by hand.
ta = {}

--- @param params? table
--- @return ta_object
function ta.rsi(params) end

--- @param params? table
--- @return ta_object
function ta.atr(params) end

--- @param params? table
--- @return ta_object
function ta.atr_mean(params) end

--- @param params? table
--- @return ta_object
function ta.ema(params) end

--- @param params? table
--- @return ta_object
function ta.sma(params) end

--- @param params? table
--- @return ta_object
function ta.rma(params) end

--- @param params? table
--- @return ta_object
function ta.stddev(params) end

--- @param params? table
--- @return ta_object
function ta.bollinger(params) end

--- @param params? table
--- @return ta_object
function ta.jma(params) end

--- @param params? table
--- @return ta_object
function ta.rq(params) end

--- @param params? table
--- @return ta_object
function ta.t3(params) end

--- @param params? table
--- @return ta_object
function ta.vidya(params) end

--- @param params? table
--- @return ta_object
function ta.cycle(params) end

--- @param params? table
--- @return ta_object
function ta.bb_state(params) end

--- @param params? table
--- @return ta_object
function ta.adx(params) end

--- @param params? table
--- @return ta_object
function ta.adx_state(params) end

--- @param params? table
--- @return ta_object
function ta.centre(params) end
