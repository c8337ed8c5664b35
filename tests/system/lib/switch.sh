# The daemon, and what it says, without what changes from run to run. Read by ../lib.sh.
# shellcheck shell=bash

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
