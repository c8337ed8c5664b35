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
	export PATH=$build:$top/tests/support:$PATH
	unset SHUNT_RUNDIR
}

# ---- saying what is wrong ----

fail() # what
{
	printf 'FAILED at %s:%s: %s\n' "$test_name" "${BASH_LINENO[${fail_depth:-0}]}" "$*" >&2
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
	if [ $status -ne 0 ] && [ $status -ne 77 ]; then
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
trap 'echo "FAILED at $test_name:$LINENO: $BASH_COMMAND" >&2' ERR

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
		fail_depth=1 fail "$*: not what was expected"
	[ $status -eq "$wanted" ] ||
		fail_depth=1 fail "$*: exit status $status instead of $wanted"
}

# eventually COMMAND...: succeeds as soon as the command does; fails after $patience seconds.
patience=10
eventually()
{
	local deadline=$((SECONDS + patience))
	until "$@" >"$work/output" 2>&1 </dev/null; do
		if [ $SECONDS -ge $deadline ]; then
			cat "$work/output"
			fail_depth=1 fail "$*: not within $patience s"
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
	fail_depth=2 eventually matches "$work/expected.eventually" "$@"
}

never() # COMMAND...: it fails
{
	if "$@" >"$work/output" 2>&1 </dev/null; then
		cat "$work/output"
		fail_depth=1 fail "$*: succeeded, which it must not"
	fi
}

# ---- containers: namespaces with an ordinary veth end, nothing in them changed ----

# container NAME [NUMBER]: a namespace NAME with `eth0`, whose other end is the device NAME here.
# With a number N it has 10.0.0.N/24, fd00::N/64 and the address 02:00:00:00:00:NN.
container()
{
	local name=$1 number=${2:-}
	ip netns add "$name"
	ip link add "$name" type veth peer name eth0 netns "$name"
	ip link set "$name" up
	on "$name" ip link set lo up
	if [ -n "$number" ]; then
		on "$name" ip link set eth0 address "02:00:00:00:00:$(printf %02x "$number")"
		on "$name" ip addr add "10.0.0.$number/24" dev eth0
		on "$name" ip addr add "fd00::$number/64" dev eth0 nodad
	fi
	on "$name" ip link set eth0 up
}

# quiet NAME...: no IPv6, so that a container says nothing by itself.
quiet()
{
	local name
	for name in "$@"; do
		on "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	done
}

on() # NAME COMMAND...: runs it in that container
{
	nsenter --net="/run/netns/$1" -- "${@:2}"
}

# pings FROM TO-ADDRESS: three echoes come back.
pings()
{
	on "$1" ping -n -q -c 3 -i 0.2 -W 2 "$2"
}

# tcp FROM TO ADDRESS [BYTES]: sends random bytes by TCP and compares what arrives.
tcp()
{
	local from=$1 to=$2 address=$3 bytes=${4:-4000000} server
	head -c "$bytes" /dev/urandom >"$work/sent"
	case $address in
	*:*) on "$to" socat -u TCP6-LISTEN:5000,reuseaddr OPEN:"$work/received",creat,trunc & ;;
	*) on "$to" socat -u TCP4-LISTEN:5000,reuseaddr OPEN:"$work/received",creat,trunc & ;;
	esac
	server=$!
	case $address in *:*) address="[$address]" ;; esac
	eventually on "$to" sh -c 'ss -Htnl "sport = :5000" | grep -q LISTEN'
	on "$from" timeout 30 socat -u -b 1000000 OPEN:"$work/sent" "TCP:$address:5000,connect-timeout=10" ||
		fail_depth=1 fail "TCP from $from to $address: no connection"
	wait $server
	cmp "$work/sent" "$work/received" || fail_depth=1 fail "TCP from $from to $address: damaged"
}

# ---- frames on the wire: see tests/support/frames ----

# send NAME FIELD=VALUE...: one frame out of the container's eth0.
send()
{
	on "$1" frames send eth0 "${@:2}"
}

# watch NAME...: collects from now on the test frames that arrive at these containers.
watch()
{
	local name
	for name in "$@"; do
		rm -f "$work/$name.frames"
		on "$name" frames watch eth0 >"$work/$name.frames" &
		eventually grep -q '^ready$' "$work/$name.frames"
	done
}

seen() # NAME: prints them
{
	sed '/^ready$/d' "$work/$1.frames"
}

# expect_seen NAME <<EOF: exactly these frames arrived at the container since `watch`.
expect_seen()
{
	cat >"$work/expected.seen"
	fail_depth=2 eventually matches "$work/expected.seen" seen "$1"
	sleep 0.2 # one too many would be here by now
	fail_depth=2 eventually matches "$work/expected.seen" seen "$1"
}

# ---- the daemon ----

switches=()     # names of the logs of all daemons that ran
allowed_log=""  # lines of level warn or error that the test means to cause
switch_pid=""

# switch_start [OPTION...]: starts switchd and waits until it answers. $switch_pid is its pid.
switch_start()
{
	local log=$keep/switchd.log
	[ ${#switches[@]} -eq 0 ] || log=$keep/switchd-${#switches[@]}.log
	switches+=("$log")
	switchd --db "$work/conf.db" "$@" 2>"$log" >&2 </dev/null &
	switch_pid=$!
	eventually switch_answers
}

switch_answers()
{
	kill -0 "$switch_pid" 2>/dev/null || fail_depth=3 fail "switchd ended: $(tail -n 3 "${switches[-1]}")"
	switchctl --timeout=2 show
}

# switch_stop: asks it to end and waits for it.
switch_stop()
{
	switchctl --timeout=20 stop
	wait "$switch_pid" || fail_depth=1 fail "switchd ended with status $?"
	switch_pid=""
}

allow_log() # REGEX
{
	allowed_log="${allowed_log:+$allowed_log|}$1"
}

# No daemon may have warned of anything that the test did not mean to cause, or crashed.
switches_check()
{
	local log status=0
	if [ -n "$switch_pid" ]; then
		switch_stop
	fi
	for log in "${switches[@]}"; do
		if awk '$2 == "warn" || $2 == "error" || /Sanitizer|runtime error/' "$log" |
			grep -vE "${allowed_log:-^$}"; then
			echo "FAILED: switchd said this; all of it is in $log" >&2
			status=1
		fi
	done
	return $status
}

sandbox_make
