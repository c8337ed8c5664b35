# bash completion for ofctl(8). What may come next is known to ofctl itself.

_ofctl()
{
	local line=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]} head
	local -a words
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	# Bash ends words at : and = too; what stands before them must not come again.
	[[ $current == [:=] ]] && current=
	head=${words[-1]%"$current"}
	mapfile -t COMPREPLY < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
	COMPREPLY=("${COMPREPLY[@]#"$head"}")
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace
}

complete -F _ofctl ofctl
