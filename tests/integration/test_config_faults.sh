# Every fault of a configuration is listed, with its path and line, and ends the program with 2.
. "$(dirname "$0")/common.sh"

cat >"$folder/bad.lua" <<'END'
return {
  feed = {
    file = 'nowhere.csv',
    sped = 600,
    speed = 'fast',
  },
  engine = { faults_max = 0 },
  limit = { memory_max = 1 },
  paper = { fee_taker = 0.5, balance = true },
  log = { level = 'inof' },
  activations = {
    { script = 'hyprrsi' },
    { scrpt = 'grid' },
    { script = 'grid', params = { levels = { { 1 } } }, on_suspend = 'stop' },
  },
}
END
run 2 run --config "$folder/bad.lua"
says err "bad.lua:4: feed.sped: there is no such setting, did you mean 'speed'?"
says err "bad.lua:5: feed.speed: 'fast' is not a number; allowed: 0.001 to 1000000"
says err 'bad.lua:7: engine.faults_max: 0 is out of range; allowed: 1 to 16'
says err "bad.lua:8: limit: there is no such setting, did you mean 'limits'?"
says err 'bad.lua:9: paper.fee_taker: 0.5 is out of range'
says err 'bad.lua:9: paper.balance: it must be a number, not a boolean'
says err "bad.lua:10: log.level: 'inof' is not one of its values, did you mean 'info'?"
says err "bad.lua:13: activations[2].scrpt: there is no such setting, did you mean 'script'?"
says err 'bad.lua:13: activations[2].script: it is missing'
says err 'bad.lua:14: activations[3].params.levels: a list or map holds'
says err "bad.lua:14: activations[3].on_suspend: 'stop' is not one of its values"
says err 'bad.lua: 11 faults'

# What it names and is not there is listed too.
cat >"$folder/names.lua" <<'END'
return {
  feed = { file = 'nowhere.csv', symbol = 'BTC-USDT-SWAB' },
  activations = {
    { script = 'hyprrsi' },
    { script = 'gird' },
  },
}
END
run 2 run --config "$folder/names.lua"
says err "feed.symbol: BTC-USDT-SWAB is not a symbol of config/instruments.lua, did you mean 'BTC-USDT-SWAP'?"
says err 'names.lua:4: activations[1].script: there is no script hyprrsi'
says err "names.lua:5: activations[2].script: there is no script gird"
says err 'nowhere.csv'

# What a script does not accept, of every activation.
cat >"$folder/params.lua" <<END
return {
  feed = { file = '$demo' },
  activations = {
    { script = 'hyperrsi', params = { leverage = 1000, direcshun = 'long' } },
    { script = 'grid', params = { grid_num = 'many' } },
  },
}
END
run 2 run --config "$folder/params.lua" --until-end
says err 'params.lua:4: activations[1].params'
says err 'leverage'
says err 'direcshun'
says err 'params.lua:5: activations[2].params'
says err 'grid_num'

# It is data: no code, no names, no end of it.
echo 'return { feed = { file = os.getenv("HOME") } }' >"$folder/code.lua"
run 2 run --config "$folder/code.lua"
says err "code.lua:1: there is no name 'os' in a data file"
echo 'while true do end' >"$folder/endless.lua"
run 2 run --config "$folder/endless.lua"
says err 'endless.lua:1: more than'
printf "local s = 'x'\nwhile true do s = s .. s end" >"$folder/memory.lua"
run 2 run --config "$folder/memory.lua"
says err 'memory.lua: it needs more than'
echo 'return { feed = {' >"$folder/syntax.lua"
run 2 run --config "$folder/syntax.lua"
says err 'syntax.lua:'
run 2 run --config "$folder/none.lua"
says err 'none.lua: No such file'

# The environment overrides, and is checked as well.
TRADINGBOOST_FEED_SPEED=-1 run 2 run
says err 'environment: TRADINGBOOST_FEED_SPEED: -1 is out of range'
TRADINGBOOST_FEED_SPED=1 run 2 run
says err "environment: TRADINGBOOST_FEED_SPED: there is no such setting, did you mean TRADINGBOOST_FEED_SPEED?"
TRADINGBOOST_LOG_LEVEL=off run 0 run --until-end
[ -s "$folder/out" ] && fail "log.level off is not off"
finish
