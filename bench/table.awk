# SPDX-License-Identifier: MIT
# table.awk: the figures in rows, one init a column; behind metrics.awk.

function cell(key, name) {
	if (!((key, name) in middle))
		return "-"
	if (format_of[key] == "time")
		return sprintf("%.1f (%.1f)", middle[key, name], spread[key, name])
	if (format_of[key] == "wild")
		return sprintf("%.0f (%.0f)", middle[key, name], spread[key, name])
	return sprintf(format_of[key], middle[key, name])
}

# minireap to the best of the peers.
function ratio(key,    best) {
	best = best_peer(key)
	if (best == "" || !((key, "minireap") in middle))
		return "-"
	if (best == 0)
		return middle[key, "minireap"] == 0 ? "same" : "-"
	return sprintf("%.2f", middle[key, "minireap"] / best)
}

function row(key,    i, line) {
	line = sprintf("%-32s", label_of[key])
	for (i = 1; i <= name_count; i++)
		line = line sprintf("%14s", cell(key, names[i]))
	print line sprintf("%8s", ratio(key))
}

END {
	line = sprintf("%-32s", "")
	for (i = 1; i <= name_count; i++)
		line = line sprintf("%14s", names[i])
	print line "   ratio"
	for (m = 1; m <= metric_count; m++)
		if (keys[m] in measured)
			row(keys[m])
	print "(n): half the distance between the quartiles." \
	    "  ratio: minireap to the best of the others."
	print "loop, kernel: lower bounds, not for use: reaps and forwards," \
	    " and no more; has the kernel reap."
	print "none: no init between; where it says added, the time" \
	    " that was taken away from the others."
	print "storm: 32 processes make children of init; flood: 32 processes" \
	    " make orphans; for ever, as fast as they can."
}
