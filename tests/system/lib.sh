# What a system test is made of. A test is a short transcript; sourcing this file puts it into a
# sandbox of its own: network, mount and process namespaces that end with it. So nothing that a test
# does, however it ends, can touch the machine or another test:
#
#	/run            a fresh tmpfs: the daemon's default run directory, names of containers
#	/sys/fs/bpf     a fresh bpffs: pinned programs, links and maps
#	the network     only `lo`; the test's "host" is this namespace, its containers are others
#
# A test can be run by itself (sudo tests/system/ping-skb.test) or by tests/system/run. Exit status
# 0: passed, 77: skipped (the last line says why), everything else: failed.
# shellcheck shell=bash

set -eu -o pipefail

test_name=$(basename "$0" .test)
tests_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$tests_dir/../.." && pwd)

skip() # why
{
	echo "skipped: $*"
	exit 77
}

# undecided WHY: what this machine did meanwhile says nothing of the switch. The runner tries again, alone.
undecided()
{
	echo "undecided: $*"
	exit 75
}

if [ -z "${SHUNT_SANDBOX:-}" ]; then
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	export SHUNT_SANDBOX=$$
	exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

# ---- the sandbox ----

build=${SHUNT_BUILD:-$top/build/gcc}
# what outlives the test: the daemon's log and the like
keep=${SHUNT_TEST_DIR:-$(mktemp -d "/tmp/shunt-$test_name.XXXXXX")}
# what does not
work=/run/test

sandbox_make()
{
	mount -t tmpfs tmpfs /run
	mkdir -p /run/netns /run/lock "$work"
	mount -t sysfs sysfs /sys
	mount -t bpf bpf /sys/fs/bpf
	ip link set lo up
	[ -x "$build/switchd" ] || skip "no $build/switchd: build it first, or set SHUNT_BUILD"
	export PATH=$build:$build/ofctl:$top/tests/support:$PATH
	unset SHUNT_RUNDIR
}

# ---- saying what is wrong ----

fail() # what
{
	local depth=0
	while [ "${BASH_SOURCE[depth + 1]}" != "$0" ]; do
		depth=$((depth + 1))
	done
	printf 'FAILED at line %s: %s\n' "${BASH_LINENO[depth]}" "$*" >&2
	exit 1
}

step() # what comes now
{
	printf -- '-- %s\n' "$*"
}

finish()
{
	local status=$?
	trap - EXIT
	if [ $status -ne 0 ] && [ $status -ne 77 ] && [ $status -ne 75 ]; then
		tail -n 20 "$keep"/switchd*.log 2>/dev/null || true
		echo "logs: $keep"
	fi
	if [ $status -eq 0 ]; then
		switches_check || status=1
	fi
	exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM
trap 'echo "FAILED at line $LINENO: $BASH_COMMAND" >&2' ERR

# expect [-s STATUS] COMMAND... <<EOF: runs it and compares its output (stdout and stderr) exactly.
expect()
{
	local status=0 wanted=0
	if [ "$1" = -s ]; then
		wanted=$2
		shift 2
	fi
	cat >"$work/expected"
	"$@" >"$work/output" 2>&1 </dev/null || status=$?
	diff -u --label expected --label "$*" "$work/expected" "$work/output" ||
		fail "$*: not what was expected"
	[ $status -eq "$wanted" ] ||
		fail "$*: exit status $status instead of $wanted"
}

# expect_error STATUS COMMAND...: fails with that status and says why on stderr, not on stdout.
expect_error()
{
	local status=0
	"${@:2}" >"$work/output" 2>"$work/error" </dev/null || status=$?
	cat "$work/error"
	[ $status -eq "$1" ] || fail "${*:2}: exit status $status instead of $1"
	[ ! -s "$work/output" ] || fail "${*:2}: failed, but printed $(cat "$work/output")"
	[ -s "$work/error" ] || fail "${*:2}: failed without a word"
}

# eventually COMMAND...: succeeds as soon as the command does; fails after $patience seconds. SHUNT_SLOWNESS says
# how many times slower than a machine of its own this one is.
patience=$((20 + 10 * ${SHUNT_SLOWNESS:-1}))
eventually()
{
	local deadline=$((SECONDS + patience))
	until "$@" >"$work/output" 2>&1 </dev/null; do
		if [ $SECONDS -ge $deadline ]; then
			cat "$work/output"
			fail "$*: not within $patience s"
		fi
		sleep 0.05
	done
}

matches() # expected-file command...
{
	local file=$1
	shift
	"$@" 2>&1 </dev/null | diff -u --label expected --label "$*" "$file" -
}

# eventually_expect COMMAND... <<EOF: the output becomes exactly this within $patience seconds.
eventually_expect()
{
	cat >"$work/expected.eventually"
	eventually matches "$work/expected.eventually" "$@"
}

# `eventually stands_still SECONDS COMMAND...`: its output is the same twice, so long apart.
stands_still()
{
	"${@:2}" >"$work/stood"
	sleep "$1"
	matches "$work/stood" "${@:2}"
}

# `eventually not COMMAND...`
not()
{
	! "$@"
}

never() # COMMAND...: it fails
{
	if "$@" >"$work/output" 2>&1 </dev/null; then
		cat "$work/output"
		fail "$*: succeeded, which it must not"
	fi
}

# ---- what tests do ----

. "$tests_dir/lib/containers.sh"
. "$tests_dir/lib/frames.sh"
. "$tests_dir/lib/streams.sh"
. "$tests_dir/lib/switch.sh"

sandbox_make
