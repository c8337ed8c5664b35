# Containers: namespaces with an ordinary veth end, nothing in them changed, and what they send. Read by ../lib.sh.
# shellcheck shell=bash

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
