# SPDX-License-Identifier: MIT
# metrics.awk: the metrics, their labels, and a parser for the runner's output:
#
#	METRIC <tab> NAME <tab> MEDIAN <tab> QUARTILE <tab> QUARTILE
#
# The other awk programs need this one: awk -f metrics.awk -f table.awk FILE

# Add a row to the table and, if it has a title, a panel to the chart.
function metric(key, label, format, title, unit) {
	keys[++metric_count] = key
	label_of[key] = label
	format_of[key] = format
	title_of[key] = title
	unit_of[key] = unit
}

function is_peer(name) {
	return name ~ /^(tini|tini-static|dumb-init|catatonit)(-musl)?$/
}

function is_bound(name) {
	return name ~ /^(loop|kernel)$/
}

# The lowest value of key among the peers, or "".
function best_peer(key,    i, best) {
	best = ""
	for (i = 1; i <= name_count; i++)
		if (is_peer(names[i]) && (key, names[i]) in median &&
		    (best == "" || median[key, names[i]] < best))
			best = median[key, names[i]]
	return best
}

BEGIN {
	FS = "\t"
	metric("bytes", "bytes to ship, libc included", "%d",
	    "Bytes to ship, libc included", "")
	metric("start", "added start-up time, us", "time",
	    "Time added to start-up", "us")
	metric("calls", "system calls before main", "%d",
	    "System calls before the command runs", "")
	metric("instructions", "instructions before main", "%d")
	metric("faults", "added page faults at start-up", "%d",
	    "Page faults added to start-up", "")
	metric("rss", "Rss, idle, KiB", "%d")
	metric("dirty", "private dirty, KiB", "%d")
	metric("tables", "page tables, KiB", "%d")
	metric("crowd", "mean Pss + tables of 100, KiB", "%.1f",
	    "Memory per init, 100 running", "KiB")
	metric("idle", "context switches in 5 s idle", "%d",
	    "Wake-ups in 5 s idle", "")
	metric("reap", "CPU time per orphan, us", "time",
	    "CPU time per orphan", "us")
	metric("reap1000", "... with 1,000 other children", "time")
	metric("reap10000", "... with 10,000 other children", "time",
	    "... with 10,000 other children", "us")
	metric("signal", "signal latency, us", "time",
	    "Signal latency through init", "us")
	metric("late32", "in a storm: % over 1 s late", "%d")
	metric("p9932", "in a storm: 99th percentile, ms", "wild",
	    "Signal latency in a storm, p99", "ms")
	metric("flood32", "peak tasks in a flood", "%d",
	    "Peak tasks in a flood of orphans", "")
	metric("failed", "failed forks, 64-process limit", "%d")
	metric("exit", "added exit time, us", "time",
	    "Time added to exit", "us")
}

NF >= 5 {
	measured[$1] = 1
	if (!seen[$2]++)
		names[++name_count] = $2
	median[$1, $2] = $3 + 0
	spread[$1, $2] = ($5 - $4) / 2
}
