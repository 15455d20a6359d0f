# SPDX-License-Identifier: MIT
# growth.awk: draw curves on two logarithmic axes.  Needs metrics.awk and
# style.awk.  The metric reap1000 is the point at x = 1000 of the curve reap.

# Exact for powers of ten.
function log10(value,    result, nearest) {
	result = log(value) / log(10)
	nearest = int(result + (result < 0 ? -0.5 : 0.5))
	return result - nearest < 1e-9 && nearest - result < 1e-9 ? nearest \
	    : result
}

function ceiling(value) {
	return value == int(value) || value < 0 ? int(value) : int(value) + 1
}

function floor(value) {
	return value == int(value) || value > 0 ? int(value) : int(value) - 1
}

# The label of 10 ^ n on an axis.
function decade(n) {
	return n < 0 ? sprintf("%g", 10 ^ n) : n < 3 ? 10 ^ n "" : \
	    n < 6 ? 10 ^ (n - 3) "k" : 10 ^ (n - 6) "M"
}

# The coordinates of x and y in the panel; x = 0 is drawn at x = 1.
function at_x(x) {
	return left + \
	    PLOT_WIDTH * (log10(x < 1 ? 1 : x) - x_min) / (x_max - x_min)
}

function at_y(y) {
	y = log10(y)
	if (y < y_min)
		y = y_min
	return top + PLOT_HEIGHT - PLOT_HEIGHT * (y - y_min) / (y_max - y_min)
}

function find_ranges(curve,    i, n, x, y) {
	x_max = y_max = 0
	x_min = y_min = 99
	for (n = 1; n <= points[curve]; n++) {
		x = log10(x_of[curve, n] < 1 ? 1 : x_of[curve, n])
		if (ceiling(x) > x_max)
			x_max = ceiling(x)
		if (floor(x) < x_min)
			x_min = floor(x)
		for (i = 1; i <= name_count; i++) {
			y = median[curve x_of[curve, n], names[i]]
			if (y <= 0)
				continue
			y = log10(y)
			if (ceiling(y) > y_max)
				y_max = ceiling(y)
			if (floor(y) < y_min)
				y_min = floor(y)
		}
	}
	if (x_max <= x_min)
		x_max = x_min + 1
	if (y_max <= y_min)
		y_max = y_min + 1
}

function axes(curve, has_zero,    n) {
	for (n = y_min; n <= y_max; n++) {
		line(left, at_y(10 ^ n), left + PLOT_WIDTH, at_y(10 ^ n), "l")
		text(left - 5, at_y(10 ^ n) + 4, "e m s", decade(n))
	}
	for (n = x_min; n <= x_max; n++) {
		line(at_x(10 ^ n), top, at_x(10 ^ n), top + PLOT_HEIGHT, "l")
		text(at_x(10 ^ n), top + PLOT_HEIGHT + 15, "c m s",
		    n == 0 && has_zero ? "0" : decade(n))
	}
}

function draw(curve, name, class,    n, y, d) {
	for (n = 1; n <= points[curve]; n++) {
		y = median[curve x_of[curve, n], name]
		if (y > 0)
			d = d sprintf("%s%.1f %.1f", d == "" ? "M" : "L",
			    at_x(x_of[curve, n]), at_y(y))
	}
	if (d != "")
		print "<path class=\"" class "\" d=\"" d "\"/>"
}

function class_of(name,    n) {
	if (name == "minireap")
		return "s0"
	if (is_bound(name))
		return "s5 d"
	n = name ~ /^tini/ ? 2 : name == "dumb-init" ? 3 : 4
	return "s" n
}

function panel(column, row, curve, title, x_label,    i) {
	if (!(curve in points))
		return
	left = 20 + 32 + column * 286
	top = 92 + row * 230
	find_ranges(curve)
	text(left - 32, top - 14, "b", title)
	axes(curve, x_of[curve, 1] < 1)
	for (i = name_count; i > 0; i--) # minireap comes first: draw it on top
		draw(curve, names[i], class_of(names[i]))
	text(left + PLOT_WIDTH / 2, top + PLOT_HEIGHT + 32, "c m s", x_label)
}

function legend(    i, x, y) {
	x = 20 + 2 * 286 + 32
	y = 92 + 230 + 10
	for (i = 1; i <= name_count; i++) {
		if (names[i] == "none")
			continue
		print "<path class=\"" class_of(names[i]) "\" d=\"M" x " " \
		    y - 4 "h30\"/>"
		text(x + 38, y, i == 1 ? "b" : "", names[i] (is_bound(names[i]) \
		    ? ": no libc, no options" : ""))
		y += 22
	}
}

NF >= 5 {
	curve = $1
	sub(/[0-9]+$/, "", curve)
	x = substr($1, length(curve) + 1)
	if (!known[$1]++)
		x_of[curve, ++points[curve]] = x
}

END {
	PLOT_WIDTH = 218
	PLOT_HEIGHT = 150
	svg_begin(880, 526, "How the cost of minireap and other inits grows")
	text(20, 30, "h", "How cost grows: lower is better, " \
	    "except for signals delivered")
	text(20, 50, "m", "Each as PID 1 of a namespace, on one CPU, in turn; " \
	    "medians" (machine == "" ? "" : "; " machine) ".")
	panel(0, 0, "reap", "CPU time per orphan, \302\265s",
	    "other children alive")
	panel(1, 0, "burst", "CPU time per orphan in a burst, \302\265s",
	    "orphans in the burst")
	panel(2, 0, "pace", "Elapsed time per orphan in a burst, \302\265s",
	    "orphans in the burst")
	panel(0, 1, "passing", "CPU time per signal, \302\265s",
	    "signals sent per second")
	panel(1, 1, "passed", "Signals delivered per second",
	    "signals sent per second")
	legend()
	print "</svg>"
}
