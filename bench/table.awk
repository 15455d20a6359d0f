# SPDX-License-Identifier: MIT
# table.awk: print the results, one metric per row and one init per column.
# Needs metrics.awk.

function cell(key, name) {
	if (!((key, name) in median))
		return "-"
	if (format_of[key] == "time")
		return sprintf("%.1f (%.1f)", median[key, name], spread[key, name])
	if (format_of[key] == "wild")
		return sprintf("%.0f (%.0f)", median[key, name], spread[key, name])
	return sprintf(format_of[key], median[key, name])
}

# minireap's value divided by that of the best peer.
function ratio(key,    best) {
	best = best_peer(key)
	if (best == "" || !((key, "minireap") in median))
		return "-"
	if (best == 0)
		return median[key, "minireap"] == 0 ? "same" : "-"
	return sprintf("%.2f", median[key, "minireap"] / best)
}

function row(key,    i, line) {
	line = sprintf("%-32s", label_of[key])
	for (i = 1; i <= name_count; i++)
		line = line sprintf("%15s", cell(key, names[i]))
	print line sprintf("%8s", ratio(key))
}

END {
	line = sprintf("%-32s", "")
	for (i = 1; i <= name_count; i++)
		line = line sprintf("%15s", names[i])
	print line "   ratio"
	for (m = 1; m <= metric_count; m++)
		if (keys[m] in measured)
			row(keys[m])
	print "(n): half the interquartile range." \
	    "  ratio: minireap to the best of the other inits."
	print "loop, kernel: lower bounds, not usable inits.  loop only reaps" \
	    " and forwards; kernel has the kernel reap."
	print "none: no init.  In rows that say \"added\", its value was" \
	    " subtracted from the others."
	print "storm: 32 processes create children of init as fast as they" \
	    " can; flood: 32 processes create orphans."
}
