# SPDX-License-Identifier: MIT
# numbers.awk: what docs/growth.md says in numbers, as Markdown; behind
# metrics.awk and style.awk.

function is_here(key, name) {
	return (key, name) in middle
}

function row(label, key,    i, out) {
	if (!(key in measured))
		return
	out = "| " label " |"
	for (i = 1; i <= name_count; i++)
		if (names[i] != "none")
			out = out " " (is_here(key, names[i]) \
			    ? readable(middle[key, names[i]], key == "idle") \
			    : "-") " |"
	print out
}

function table(    i, head, rule) {
	head = "| |"
	rule = "|---|"
	for (i = 1; i <= name_count; i++)
		if (names[i] != "none") {
			head = head " " names[i] " |"
			rule = rule "---|"
		}
	print head "\n" rule
	row("CPU for an orphan, \302\265s", "reap")
	row("... with 100 other children", "reap100")
	row("... with 1,000", "reap1000")
	row("... with 10,000", "reap10000")
	row("a burst of 100 orphans: CPU for each, \302\265s", "burst100")
	row("... of 1,000", "burst1000")
	row("... of 100,000", "burst100000")
	row("1,000 signals a second: CPU for each, \302\265s", "passing1000")
	row("100,000 signals a second", "passing100000")
	row("the most that came through in a second", "passed1000000")
	row("idle: Pss and page tables, each of 100, KiB", "crowd")
	row("idle: wake-ups in 5 s", "idle")
	row("start: time added, \302\265s", "start")
	row("`-P`, as a pod's pause: memory, each of 100, KiB", "pause")
}

# "12.3 to 45.6" of the peers' totals for all the pods.
function range(key, factor, format,    i, v, least, most) {
	least = most = ""
	for (i = 1; i <= name_count; i++) {
		if (!is_peer(names[i]) || !is_here(key, names[i]))
			continue
		v = middle[key, names[i]]
		if (least == "" || v < least)
			least = v
		if (most == "" || v > most)
			most = v
	}
	if (least == "")
		return "(none is installed)"
	if (least == most)
		return sprintf(format, least * factor)
	return sprintf(format " to " format, least * factor, most * factor)
}

function ours(key, factor, format) {
	return sprintf(format, middle[key, "minireap"] * factor)
}

function pods() {
	print ""
	print "**A node with " PODS " pods**, an init in one container of" \
	    " each, computed from these:"
	print ""
	print "- memory: " ours("crowd", PODS / 1024, "%.1f") " MiB, and " \
	    range("crowd", PODS / 1024, "%.1f") " MiB with the others;"
	print "- wake-ups while all is idle: " ours("idle", PODS / 5, "%d") \
	    " a second, and " range("idle", PODS / 5, "%d") ";"
	print "- to start them all, CPU time: " \
	    ours("start", PODS / 1000, "%.0f") " ms, and " \
	    range("start", PODS / 1000, "%.0f") " ms;"
	print "- as the pods' pause besides: " \
	    ours("pause", PODS / 1024, "%.1f") " MiB, and " \
	    range("pause", PODS / 1024, "%.1f") " MiB with `catatonit -P`."
}

END {
	PODS = 500
	print ""
	if (machine != "")
		print machine ":\n"
	table()
	pods()
	print ""
}
