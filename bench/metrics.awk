# SPDX-License-Identifier: MIT
# metrics.awk: what is measured, by which words it is shown, and the lines
#
#	METRIC <tab> NAME <tab> MEDIAN <tab> QUARTILE <tab> QUARTILE
#
# that the runner prints.  For table.awk and chart.awk.

# One row of the table; with a title it has its place in the chart.
function metric(key, label, format, title, unit) {
	keys[++metric_count] = key
	label_of[key] = label
	format_of[key] = format
	title_of[key] = title
	unit_of[key] = unit
}

function is_peer(name) {
	return name ~ /^(tini|tini-static|dumb-init|catatonit)$/
}

function is_bound(name) {
	return name ~ /^(loop|kernel)$/
}

# The least of key among the peers, or "".
function best_peer(key,    i, best) {
	best = ""
	for (i = 1; i <= name_count; i++)
		if (is_peer(names[i]) && (key, names[i]) in middle &&
		    (best == "" || middle[key, names[i]] < best))
			best = middle[key, names[i]]
	return best
}

BEGIN {
	FS = "\t"
	metric("bytes", "bytes to ship, libc included", "%d",
	    "Bytes to ship, libc included", "")
	metric("start", "added start time, us", "time",
	    "Time added to the start", "us")
	metric("calls", "system calls before main", "%d",
	    "System calls before the command's", "")
	metric("instructions", "instructions before main", "%d")
	metric("faults", "page faults added to the start", "%d",
	    "Page faults added to the start", "")
	metric("rss", "Rss, idle, KiB", "%d")
	metric("dirty", "private dirty, KiB", "%d")
	metric("tables", "page tables, KiB", "%d")
	metric("crowd", "Pss + tables, each of 100, KiB", "%.1f",
	    "Memory, each of 100, page tables too", "KiB")
	metric("idle", "context switches, 5 s idle", "%d",
	    "Wake-ups in 5 s idle", "")
	metric("reap", "CPU per orphan, us", "time",
	    "CPU for an orphan", "us")
	metric("reap1000", "the same, 1,000 others live, us", "time")
	metric("reap10000", "the same, 10,000 others live, us", "time",
	    "The same, with 10,000 other children", "us")
	metric("signal", "signal through init, us", "time",
	    "A signal through init", "us")
	metric("late32", "in a storm: % over 1 s late", "%d")
	metric("p9932", "in a storm: 99 % within, ms", "wild",
	    "99 % of signals in a storm, within", "ms")
	metric("flood32", "tasks at once in a flood", "%d",
	    "Tasks at once in a flood of orphans", "")
	metric("failed", "failed forks of orphans, 64 pids", "%d")
	metric("exit", "added time at the end, us", "time",
	    "Time added to the end", "us")
}

NF >= 5 {
	measured[$1] = 1
	if (!seen[$2]++)
		names[++name_count] = $2
	middle[$1, $2] = $3 + 0
	spread[$1, $2] = ($5 - $4) / 2
}
