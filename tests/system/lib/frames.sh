# Frames on the wire (tests/support/frames). Read by ../lib.sh.
# shellcheck shell=bash

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
