# With one activation, run and backtest write the same file, byte for byte.
. "$(dirname "$0")/common.sh"

# compare SCRIPT PARAMS OPTIONS...: params as Lua, options for backtest
compare() {
  local script=$1 params=$2
  shift 2
  cat >"$folder/one.lua" <<END
return {
  feed = { file = '$demo' },
  activations = { { script = '$script', params = { $params } } },
}
END
  run 0 run --config "$folder/one.lua" --until-end --orders "$folder/run.csv"
  run 0 backtest "$script" --data "$demo" "$@" --quiet --orders "$folder/backtest.csv"
  cmp "$folder/run.csv" "$folder/backtest.csv" || fail "$script: run and backtest differ"
  [ "$(wc -l <"$folder/run.csv")" -gt 1 ] || fail "$script: nothing was filled"
}

compare hyperrsi "timeframe = '5m'" --timeframe 5m
compare hyperrsi "direction = 'long', use_sl = true, sl_value = 2.5" --set direction=long --set use_sl=true --set sl_value=2.5
compare grid "" --timeframe 1m
compare grid "direction = 'short', grid_num = 10, leverage = 5" --set direction=short --set grid_num=10 --set leverage=5
compare rsi "timeframe = '15m'" --timeframe 15m

# Beside others it trades as it does alone, and --activation takes its fills out.
compare hyperrsi "timeframe = '5m'" --timeframe 5m
run 0 run --until-end --orders "$folder/one.csv" --activation hyperrsi
cmp "$folder/one.csv" "$folder/backtest.csv" || fail "hyperrsi trades differently beside grid"
run 2 run --until-end --orders "$folder/one.csv" --activation nobody
says err '--activation nobody'
run 2 run --until-end --activation grid
says err 'give both'
run 1 run --until-end --orders "$folder/none/orders.csv"
says err 'none/orders.csv'
finish
