# SPDX-License-Identifier: MIT
# chart.awk: draw the results as bars, one panel per metric.  Needs metrics.awk
# and style.awk.  The variable machine describes where they were measured.

# Of tini's two builds, only the static one is shown if both were measured.
function is_shown(name) {
	if (name == "tini")
		return !("tini-static" in seen)
	return name == "minireap" || is_peer(name)
}

# The lowest value of the lower bounds (loop, kernel), or "".
function lowest_bound(key,    i, lowest) {
	lowest = ""
	for (i = 1; i <= name_count; i++)
		if (is_bound(names[i]) && (key, names[i]) in median &&
		    (lowest == "" || median[key, names[i]] < lowest))
			lowest = median[key, names[i]]
	return lowest
}

function highest_shown(key,    i, highest) {
	for (i = 1; i <= name_count; i++)
		if (is_shown(names[i]) && median[key, names[i]] > highest)
			highest = median[key, names[i]]
	return highest > 0 ? highest : 1
}

function bar_width(value, highest,    width) {
	width = BAR * value / highest
	return width < 1 ? 1 : width
}

function with_unit(key, name,    unit) {
	unit = unit_of[key]
	sub(/^us$/, "\302\265s", unit)
	return readable(median[key, name], unit == "") \
	    (unit == "" ? "" : " " unit)
}

function bar(x, y, key, name, highest,    ours, end) {
	ours = name == "minireap"
	end = x + LABEL + bar_width(median[key, name], highest)
	text(x + LABEL - 6, y + 10, ours ? "e b" : "e m", name)
	printf "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\"" \
	    " height=\"11\" rx=\"1\"/>\n", ours ? "f0" : "f1", x + LABEL, y,
	    end - x - LABEL
	text(end + 5, y + 10, ours ? "b" : "m", with_unit(key, name))
}

function panel(x, y, key,    i, highest, lowest, top) {
	highest = highest_shown(key)
	lowest = lowest_bound(key)
	text(x, y, "b", title_of[key])
	top = y += 9
	for (i = 1; i <= name_count; i++) {
		if (!is_shown(names[i]) || !((key, names[i]) in median))
			continue
		bar(x, y, key, names[i], highest)
		y += ROW
	}
	if (lowest == "")
		return
	x += LABEL + BAR * (lowest > 0 ? lowest : 0) / highest
	line(x, top - 2, x, y - ROW + 13, "s5")
}

function shown_count(    i, n) {
	for (i = 1; i <= name_count; i++)
		n += is_shown(names[i])
	return n
}

END {
	LABEL = 96
	BAR = 108
	ROW = 16
	WIDTH = 880
	COLUMNS = 3
	HEADER = 90
	for (m = 1; m <= metric_count; m++)
		if (title_of[keys[m]] != "" && keys[m] in measured)
			shown[++count] = keys[m]
	panel_height = shown_count() * ROW + 36
	rows = int((count + COLUMNS - 1) / COLUMNS)
	svg_begin(WIDTH, HEADER + rows * panel_height,
	    "minireap compared with other inits")
	text(20, 30, "h",
	    "minireap compared with other inits: shorter is better")
	text(20, 50, "m", "Each as PID 1 of a namespace, in turn; medians" \
	    (machine == "" ? "" : "; " machine) ".")
	text(20, 66, "m", "minireap and -musl: musl, static, -Os." \
	    "  The others: as Debian packages them, glibc.")
	line(560, 40, 560, 53, "s5")
	text(566, 50, "m", "lower bound: no libc, no options")
	for (i = 0; i < count; i++)
		panel(20 + i % COLUMNS * (WIDTH - 20) / COLUMNS,
		    HEADER + 14 + int(i / COLUMNS) * panel_height,
		    shown[i + 1])
	print "</svg>"
}
