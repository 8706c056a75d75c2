# What CMake asks for is among the packages that make installs, so that a new machine can build.
. "$(dirname "$0")/common.sh"
command -v dpkg-query >/dev/null || {
  echo "skipped: packages are not dpkg's here"
  exit 0
}

# packages_of TARGET: the list that make looks for
packages_of() {
  MAKEFLAGS= make --no-print-directory -n "$1" | sed -n 's/.*for p in \([^;]*\); do.*/\1/p' | head -1
}

# listed TARGET FILE: the package that has the file is in that list.
listed() {
  local package
  package=$(dpkg-query -S "$(readlink -f "$2")" 2>/dev/null | head -1 | sed 's/[:,].*//')
  case " $(packages_of "$1") " in
  *" ${package:-nobody} "*) ;;
  *) fail "make $1 does not install ${package:-the package of $2}, which has $2" ;;
  esac
}

mapfile -t lists < <(git ls-files '*CMakeLists.txt' 2>/dev/null)
[ ${#lists[@]} -gt 0 ] || mapfile -t lists < <(find CMakeLists.txt runtime tests -name CMakeLists.txt)
modules=$(sed -n 's/^ *pkg_check_modules([A-Z0-9_]* \(REQUIRED \)\{0,1\}IMPORTED_TARGET \([^)]*\)).*/\2/p' "${lists[@]}" | sort -u)
[ "$(wc -w <<<"$modules")" -ge 4 ] || fail "the modules are not where they should be: $modules"
for module in $modules zlib; do
  target=all
  [ "$module" = cmocka ] && target=test
  folder_of=$(pkg-config --variable=pcfiledir "$module") || fail "there is no $module"
  listed $target "$folder_of/$module.pc"
done
for tool in curl luajit valgrind; do
  command -v $tool >/dev/null && listed test "$(command -v $tool)"
done
required=$(sed -n 's/^ *find_program([A-Z0-9_]* \([^ )]*\) REQUIRED.*/\1/p' "${lists[@]}" | sort -u)
for tool in cmake ninja $required; do
  listed run "$(command -v $tool)"
done
finish
