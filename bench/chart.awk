# SPDX-License-Identifier: MIT
# chart.awk: the figures as bars, one panel a metric; behind metrics.awk and
# style.awk.  machine: a few words on where it was measured.

# Is this init shown?  Of tini's two builds the static one is, if it is there.
function is_shown(name) {
	if (name == "tini")
		return !("tini-static" in seen)
	return name == "minireap" || is_peer(name)
}

# The least of what is no init for use, or "".
function bound(key,    i, least) {
	least = ""
	for (i = 1; i <= name_count; i++)
		if (is_bound(names[i]) && (key, names[i]) in middle &&
		    (least == "" || middle[key, names[i]] < least))
			least = middle[key, names[i]]
	return least
}

function greatest(key,    i, most) {
	for (i = 1; i <= name_count; i++)
		if (is_shown(names[i]) && middle[key, names[i]] > most)
			most = middle[key, names[i]]
	return most > 0 ? most : 1
}

# How far to the right value is.
function width_of(value, most) {
	return value <= 0 ? 1 : BAR * value / most < 1 ? 1 : BAR * value / most
}

function with_unit(key, name,    unit) {
	unit = unit_of[key]
	sub(/^us$/, "\302\265s", unit)
	return readable(middle[key, name], unit == "") \
	    (unit == "" ? "" : " " unit)
}

function bar(x, y, key, name, most,    ours, end) {
	ours = name == "minireap"
	end = x + LABEL + width_of(middle[key, name], most)
	text(x + LABEL - 6, y + 10, ours ? "e b" : "e m", name)
	printf "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\"" \
	    " height=\"11\" rx=\"1\"/>\n", ours ? "f0" : "f1", x + LABEL, y,
	    end - x - LABEL
	text(end + 5, y + 10, ours ? "b" : "m", with_unit(key, name))
}

function panel(x, y, key,    i, most, least, top) {
	most = greatest(key)
	least = bound(key)
	text(x, y, "b", title_of[key])
	top = y += 9
	for (i = 1; i <= name_count; i++) {
		if (!is_shown(names[i]) || !((key, names[i]) in middle))
			continue
		bar(x, y, key, names[i], most)
		y += ROW
	}
	if (least == "")
		return
	x += LABEL + BAR * (least > 0 ? least : 0) / most
	line(x, top - 2, x, y - ROW + 13, "s5")
}

function shown_count(    i, n) {
	for (i = 1; i <= name_count; i++)
		n += is_shown(names[i])
	return n
}

END {
	LABEL = 74
	BAR = 124
	ROW = 16
	WIDTH = 880
	COLUMNS = 3
	HEAD = 76
	for (m = 1; m <= metric_count; m++)
		if (title_of[keys[m]] != "" && keys[m] in measured)
			shown[++count] = keys[m]
	deep = shown_count() * ROW + 36
	rows = int((count + COLUMNS - 1) / COLUMNS)
	svg_begin(WIDTH, HEAD + rows * deep, "minireap beside other inits")
	text(20, 30, "h", "minireap beside other inits: shorter is better")
	text(20, 50, "m", "Each as PID 1 of a namespace, in turn, medians" \
	    (machine == "" ? "" : "; " machine) ".")
	line(560, 40, 560, 53, "s5")
	text(566, 50, "m", "the least there can be: no libc, no option")
	for (i = 0; i < count; i++)
		panel(20 + i % COLUMNS * (WIDTH - 20) / COLUMNS,
		    HEAD + 14 + int(i / COLUMNS) * deep, shown[i + 1])
	print "</svg>"
}
