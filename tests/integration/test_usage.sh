# What the command line answers, and how fast.
. "$(dirname "$0")/common.sh"

run 2
says err 'usage: tradingboost'
run 2 bactest
says err "there is no command bactest, did you mean 'backtest'?"
run 2 run --untilend
says err "run has no option --untilend, did you mean 'until-end'?"
run 2 run -x
says err 'options begin with two dashes'
run 2 run surplus
says err 'one word too many: surplus'
run 2 run --config
says err '--config needs a FILE'
run 2 run --speed 0
says err '--speed'
run 2 backtest rsi
says err '--data FILE is missing'
run not0 backtest rsi --data "$demo" --symbol BTC-USDT-SWAB
says err "did you mean 'BTC-USDT-SWAP'?"
run not0 backtest rsi --data "$demo" --set lenght=3
says err 'lenght'
run not0 backtest rsi --data "$folder/none.csv"
says err 'none.csv'
run 0 version --json
says out '"luajit":'
for library in sqlite openssl seccomp libuv zlib; do
  grep -Eq "\"$library\":\"[0-9]+\.[0-9]+\.[0-9]+" "$folder/out" || fail "version does not name $library"
done
run 0 --version

for words in -h --help help; do
  run 0 $words
  says out 'commands:'
done
for command in run backtest version; do
  run 0 $command -h
  says out "usage: tradingboost $command"
  [ "$(grep -c '^  tradingboost ' "$folder/out")" -ge 3 ] || fail "$command: less than three examples"
done

# The help opens no file of the program's: best of five under 0.1 s, wall.
best=1000000
for _ in 1 2 3 4 5; do
  from=$(date +%s%N)
  "$program" -h >/dev/null
  took=$((($(date +%s%N) - from) / 1000))
  [ $took -lt $best ] && best=$took
done
[ $best -lt 100000 ] || fail "-h took $best us"
finish
