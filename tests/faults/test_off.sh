# The program that is shipped has no crash points and no disk that fails on request.
# usage: test_off.sh PROGRAM_WITH_POINTS SOURCE PROGRAM
. "$(dirname "$0")/../integration/common.sh"
shipped=$3

has() { grep -qa -e TRADINGBOOST_FAULT_POINT -e TRADINGBOOST_FAULT_DISK -e SNAPSHOT_RENAME_BEFORE "$1"; }

has "$program" || fail "$program has no points: this test sees nothing"
# A build that has them on purpose is not the shipped one.
grep -q '^TRADINGBOOST_FAULT_POINTS:BOOL=ON' "$(dirname "$shipped")/CMakeCache.txt" 2>/dev/null ||
  { has "$shipped" && fail "$shipped has crash points"; }
run 0 version
finish
