# SPDX-License-Identifier: MIT
# numbers.awk: print the table and the totals of docs/growth.md as Markdown.
# Needs metrics.awk and style.awk.

function is_measured(key, name) {
	return (key, name) in median
}

function row(label, key,    i, out) {
	if (!(key in measured))
		return
	out = "| " label " |"
	for (i = 1; i <= name_count; i++)
		if (names[i] != "none")
			out = out " " (is_measured(key, names[i]) \
			    ? readable(median[key, names[i]], key == "idle") \
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
	row("CPU time per orphan, \302\265s", "reap")
	row("... with 100 other children", "reap100")
	row("... with 1,000", "reap1000")
	row("... with 10,000", "reap10000")
	row("CPU time per orphan in a burst of 100, \302\265s", "burst100")
	row("... of 1,000", "burst1000")
	row("... of 100,000", "burst100000")
	row("CPU time per signal at 1,000 a second, \302\265s", "passing1000")
	row("... at 100,000 a second", "passing100000")
	row("most signals delivered per second", "passed1000000")
	row("idle: Pss and page tables per init, 100 running, KiB", "crowd")
	row("idle: wake-ups in 5 s", "idle")
	row("time added to start-up, \302\265s", "start")
	row("`-P`, as a pod's pause: memory per init, 100 running, KiB",
	    "pause")
}

# "12.3 to 45.6": the lowest and highest of the peers' values times factor.
function range(key, factor, format,    i, v, lowest, highest) {
	lowest = highest = ""
	for (i = 1; i <= name_count; i++) {
		if (!is_peer(names[i]) || !is_measured(key, names[i]))
			continue
		v = median[key, names[i]]
		if (lowest == "" || v < lowest)
			lowest = v
		if (highest == "" || v > highest)
			highest = v
	}
	if (lowest == "")
		return "(none installed)"
	if (lowest == highest)
		return sprintf(format, lowest * factor)
	return sprintf(format " to " format, lowest * factor, highest * factor)
}

function ours(key, factor, format) {
	return sprintf(format, median[key, "minireap"] * factor)
}

function pods() {
	print ""
	print "**A node with " PODS " pods**, with one init each, computed" \
	    " from these values:"
	print ""
	print "- memory: " ours("crowd", PODS / 1024, "%.1f") \
	    " MiB (other inits: " range("crowd", PODS / 1024, "%.1f") " MiB)"
	print "- wake-ups per second when idle: " \
	    ours("idle", PODS / 5, "%d") \
	    " (other inits: " range("idle", PODS / 5, "%d") ")"
	print "- CPU time to start them all: " \
	    ours("start", PODS / 1000, "%.0f") \
	    " ms (other inits: " range("start", PODS / 1000, "%.0f") " ms)"
	print "- memory of one more init per pod as its pause container: " \
	    ours("pause", PODS / 1024, "%.1f") \
	    " MiB (`catatonit -P`: " range("pause", PODS / 1024, "%.1f") \
	    " MiB)"
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
