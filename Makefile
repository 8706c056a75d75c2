# make            builds build/release/tradingboost
# make run        installs what is missing (as root), builds, starts the demo
# make test       installs what the tests need, builds and runs them all
# make bench      the table of speeds
# make simulate   SEEDS=n: that many simulated lives of the engine under faults
# make reference  docs/reference and lua/types anew, from the tables of the program
# make docker-verify  builds the container image without a container engine and tries it (as root)
# make check-all  more crashes, everything again under the sanitizers, and each fuzz target for a minute
BUILD_PACKAGES := build-essential cmake ninja-build pkg-config luajit libluajit-5.1-dev libuv1-dev libseccomp-dev \
  libsqlite3-dev libssl-dev zlib1g-dev
TEST_PACKAGES := $(BUILD_PACKAGES) libcmocka-dev curl lua-check valgrind
BENCH_PACKAGES := $(BUILD_PACKAGES) curl nginx-light wrk
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
SEEDS ?= 300

.PHONY: all packages run test bench simulate reference docker-verify check-all fuzz format clean

# $(call packages,LIST,install): with `install` and as root installs what is missing, otherwise says
# how and stops. Asks nothing of the network when everything is there, or where there is no dpkg.
define packages
@command -v dpkg-query >/dev/null || exit 0; missing=; \
for p in $(1); do \
  dpkg-query -W -f='$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || missing="$$missing $$p"; \
done; \
[ -n "$$missing" ] || exit 0; \
if [ "$(2)" != install ] || [ "$$(id -u)" != 0 ]; then \
  echo "Packages are missing. As root:"; \
  echo "  apt-get update && apt-get install -y$$missing"; \
  exit 1; \
fi; \
apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends$$missing
endef

# $(call build,PRESET,TARGET)
define build
@cmake --preset $(1) --log-level=WARNING >/dev/null && cmake --build --preset $(1) -j $(JOBS) --target $(2)
endef

all:
	$(call packages,$(BUILD_PACKAGES))
	$(call build,release,tradingboost)

packages:
	$(call packages,$(BUILD_PACKAGES),install)

run:
	$(call packages,$(BUILD_PACKAGES),install)
	$(call build,release,tradingboost)
	@exec build/release/tradingboost run

test:
	$(call packages,$(TEST_PACKAGES),install)
	$(call build,release,all)
	ctest --test-dir build/release --output-on-failure -j2

bench:
	$(call packages,$(BENCH_PACKAGES),install)
	$(call build,release,bench)

simulate:
	$(call packages,$(TEST_PACKAGES))
	$(call build,release,simulate)
	build/release/tests/simulation/simulate --seeds $(SEEDS)

reference: all
	build/release/tradingboost reference .

docker-verify:
	@docker/verify.sh

check-all: test
	ctest --test-dir build/release --output-on-failure -j2 -C long -L long
	$(call build,asan,all)
	ctest --test-dir build/asan --output-on-failure -j2 -LE bench
	@$(MAKE) --no-print-directory fuzz

fuzz:
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

format:
	find runtime tests -name '*.[ch]' -exec clang-format -i {} +

clean:
	rm -rf build
