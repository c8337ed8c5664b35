# Traffic that goes on meanwhile (tests/support/streams). Read by ../lib.sh.
# shellcheck shell=bash

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
