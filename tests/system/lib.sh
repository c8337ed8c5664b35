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
		fail "TCP from $from to $address: no connection"
	wait $server
	cmp "$work/sent" "$work/received" || fail "TCP from $from to $address: damaged"
}

# mbits FROM TO ADDRESS: what TCP gets through in two seconds.
mbits()
{
	local server
	nsenter --net="/run/netns/$2" -- iperf3 -s -1 -p 5201 >/dev/null &
	server=$!
	eventually on "$2" sh -c 'ss -Htnl "sport = :5201" | grep -q LISTEN'
	on "$1" iperf3 -c "$3" -p 5201 -t 2 -J | jq '.end.sum_received.bits_per_second / 1000000 | floor'
	wait $server
}

# speed LOW HIGH FROM TO ADDRESS: TCP gets so many Mbit/s through. A busy machine sends less than it might, but not each
# of three times.
speed()
{
	local turn n
	for turn in 1 2 3; do
		n=$(mbits "${@:3}")
		echo "$n Mbit/s"
		[ "$n" -le "$2" ] || fail "$n Mbit/s are more than $2"
		[ "$n" -lt "$1" ] || return 0
	done
	fail "$turn times less than $1 Mbit/s"
}

# udp_gso FROM TO ADDRESS: writes of ten segments each; all hundred datagrams arrive unharmed.
udp_gso()
{
	local receiver
	rm -f "$work/datagrams"
	on "$2" datagrams receive 5001 100 >"$work/datagrams" 2>&1 &
	receiver=$!
	eventually grep -q '^ready$' "$work/datagrams"
	on "$1" datagrams send "$3" 5001 10 10
	wait $receiver || fail "UDP GSO from $1 to $3: $(tail -n 1 "$work/datagrams")"
}

# remember_offloads NAME...: what the containers' eth0 can and does, as it is now.
remember_offloads()
{
	local name
	for name in "$@"; do
		on "$name" ethtool -k eth0 >"$work/$name.offloads"
	done
}

# check_offloads NAME HOOK: nobody has changed them. The kernel itself takes segmentation offload
# away from the peer of a device with an XDP program; checksum offload stays in any case.
check_offloads()
{
	local only=.
	[ "$2" = skb ] || only='checksum|scatter|vlan'
	diff -u <(grep -E "$only" "$work/$1.offloads") <(on "$1" ethtool -k eth0 | grep -E "$only") ||
		fail "offloads of $1 were changed"
	on "$1" ethtool -k eth0 | grep -q '^tx-checksumming: on' ||
		fail "$1 has no tx-checksumming"
}

# ---- traffic that goes on meanwhile: see tests/support/streams ----

stream_sender="" stream_counter="" bulk_sender="" bulk_taker=""

# backlog_drops: how many packets this machine has lost because a processor's queue was full. All namespaces share these
# queues: whoever floods one, in another test, loses packets of this one, and no switch is to blame.
backlog_drops()
{
	local n=0 dropped
	while read -r _ dropped _; do
		n=$((n + 16#$dropped))
	done </proc/net/softnet_stat
	echo $n
}

# stream_start FROM TO ADDRESS [RATE]: numbered datagrams, 10,000 a second.
stream_start()
{
	stream_backlog=$(backlog_drops)
	mkfifo "$work/stream.sent"
	rm -f "$work/stream.seen"
	nsenter --net="/run/netns/$2" -- streams count-udp 5002 <>"$work/stream.sent" >"$work/stream.seen" &
	stream_counter=$!
	eventually grep -q '^ready$' "$work/stream.seen"
	rm -f "$work/stream.n"
	nsenter --net="/run/netns/$1" -- streams send-udp "$3" 5002 "${4:-10000}" >"$work/stream.n" &
	stream_sender=$!
}

# stream_end [AT-LEAST]: not one of them was lost, of so many (10,000).
stream_end()
{
	local n seen silence dropped
	kill -TERM $stream_sender
	wait $stream_sender
	n=$(cat "$work/stream.n")
	sleep 0.5
	kill -TERM $stream_counter
	echo "$n" >"$work/stream.sent"
	wait $stream_counter
	read -r seen silence < <(sed 1d "$work/stream.seen")
	rm "$work/stream.sent"
	echo "$n datagrams sent, $((n - seen)) lost, silent for at most $silence ms"
	[ "$n" -gt "${1:-10000}" ] || fail "only $n datagrams were sent"
	[ "$seen" -lt "$n" ] || return 0
	dropped=$(($(backlog_drops) - stream_backlog))
	[ $((n - seen)) -gt $dropped ] || undecided "this machine's queues have lost $dropped packets meanwhile"
	switchctl drops || true # there may be no database here, or no such bridge
	ofctl dump-cache br0 || true
	for net in /run/netns/*; do
		echo "$net: $(nsenter --net="$net" grep '^Udp:' /proc/net/snmp | tail -n 1)"
	done
	fail "$((n - seen)) of $n datagrams were lost"
}

# lost_by_tcp NAME: how many segments its TCP had to send twice because they were lost. (A machine that is loaded makes
# it send some again that were only late: their receiver says that it had them.)
lost_by_tcp()
{
	on "$1" nstat -asz TcpRetransSegs TcpExtTCPDSACKRecvSegs |
		awk '/Retrans/ { n += $2 } /DSACK/ { n -= $2 } END { print n }'
}

# bulk_start FROM TO ADDRESS [BYTES-PER-SECOND]: a TCP connection that carries 20 MB/s.
bulk_start()
{
	bulk_from=$1
	rm -f "$work/bulk.taken"
	nsenter --net="/run/netns/$2" -- streams take-tcp 5003 >"$work/bulk.taken" &
	bulk_taker=$!
	eventually grep -q '^ready$' "$work/bulk.taken"
	bulk_before=$(lost_by_tcp "$1") bulk_backlog=$(backlog_drops)
	rm -f "$work/bulk.n"
	nsenter --net="/run/netns/$1" -- streams send-tcp "$3" 5003 "${4:-20000000}" >"$work/bulk.n" &
	bulk_sender=$!
}

# bulk_known: the connection is one that the kernel knows: what is lost from now on counts. (When it came to know
# it, packets overtook those that were on their way through the daemon.)
bulk_known()
{
	sleep 0.5
	bulk_before=$(lost_by_tcp "$bulk_from")
}

# bulk_end: all of it arrived as it was, and nothing was lost.
bulk_end()
{
	local n taken silence lost dropped
	kill -TERM $bulk_sender
	eventually test -s "$work/bulk.n"
	n=$(cat "$work/bulk.n")
	# who had one already may be about to say so
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.1
		lost=$(($(lost_by_tcp "$bulk_from") - bulk_before))
		[ "$lost" -gt 0 ] || break
	done
	kill -TERM $bulk_sender
	wait $bulk_sender
	wait $bulk_taker || fail "TCP: $(tail -n 1 "$work/bulk.taken")"
	read -r taken silence < <(sed 1d "$work/bulk.taken")
	echo "$n bytes by TCP, $lost segments lost, silent for at most $silence ms"
	[ "$taken" -eq "$n" ] || fail "TCP: $taken of $n bytes arrived"
	[ "$lost" -gt 0 ] || return 0
	dropped=$(($(backlog_drops) - bulk_backlog))
	# one packet is many segments
	[ "$lost" -gt $((45 * dropped)) ] || undecided "this machine's queues have lost $dropped packets meanwhile"
	on "$bulk_from" nstat -as | grep -E 'Retrans|DSACK|Loss|Timeouts|SACK' || true
	fail "TCP: $lost segments were lost"
}

# frames_at NAME tx|rx: so many its eth0 has counted, and when, in ns.
frames_at()
{
	on "$1" sh -c 'date +%s%N; ip -j -s link show eth0; date +%s%N' |
		jq -rs "\"\(.[1][0].stats64.$2.packets) \((.[0] + .[2]) / 2 | floor)\""
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
	eventually matches "$work/expected.seen" seen "$1"
	sleep 0.2 # one too many would be here by now
	eventually matches "$work/expected.seen" seen "$1"
}

# ---- what the switch says, without what changes from run to run ----

fdb() # BRIDGE [MAC]: lines `PORT VLAN MAC`, sorted
{
	switchctl --json fdb-show "$1" |
		jq -r '.[] | "\(.port) \(.vlan) \(.mac)"' | sort | grep -F "${2:-}" || true
}

drops() # PORT: lines `REASON PACKETS`, sorted
{
	switchctl --json drops |
		jq -r --arg port "$1" '.[] | select(.port == $port) | "\(.reason) \(.packets)"' | sort
}

# swept BRIDGE NAME: what packets went through the daemon before (it runs with --workers 1) are where they should be: it
# has learned new addresses of this container from frames that were behind them.
swept()
{
	local address
	for address in $(on "$2" frames sweep eth0); do
		eventually knows "$1" "$address"
	done
}

knows() # BRIDGE ADDRESS
{
	[ -n "$(fdb "$1" "$2")" ]
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
	kill -0 "$switch_pid" 2>/dev/null || fail "switchd ended: $(tail -n 3 "${switches[-1]}")"
	switchctl --timeout=20 show
}

# switch_stop: asks it to end and waits for it.
switch_stop()
{
	switchctl --timeout=60 stop
	wait "$switch_pid" || fail "switchd ended with status $?"
	switch_pid=""
}

# state_written: what the switch knows now is in its state file. It is a new file every two seconds; the first may have
# been begun before.
state_written()
{
	local file
	for _ in 1 2; do
		file=$(stat -c %i /run/shunt/state 2>/dev/null || echo none)
		eventually state_is_another "$file"
	done
}

state_is_another() # INODE
{
	local file
	file=$(stat -c %i /run/shunt/state) && [ "$file" != "$1" ]
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
