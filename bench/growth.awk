# SPDX-License-Identifier: MIT
# growth.awk: the curves, one panel a figure, both scales by powers of ten;
# behind metrics.awk and style.awk.  Of reap1000 the curve is reap, x is 1000.

# Of a power of ten exactly so.
function log10(value,    exact, near) {
	exact = log(value) / log(10)
	near = int(exact + (exact < 0 ? -0.5 : 0.5))
	return exact - near < 1e-9 && near - exact < 1e-9 ? near : exact
}

function up(value) {
	return value == int(value) || value < 0 ? int(value) : int(value) + 1
}

function down(value) {
	return value == int(value) || value > 0 ? int(value) : int(value) - 1
}

function decade(n) {
	return n < 0 ? sprintf("%g", 10 ^ n) : n < 3 ? 10 ^ n "" : \
	    n < 6 ? 10 ^ (n - 3) "k" : 10 ^ (n - 6) "M"
}

# Where x and y are in the panel; 0 stands where 1 would.
function at_x(x) {
	return left + WIDE * (log10(x < 1 ? 1 : x) - x_least) / (x_most - x_least)
}

function at_y(y) {
	y = log10(y)
	if (y < y_least)
		y = y_least
	return top + HIGH - HIGH * (y - y_least) / (y_most - y_least)
}

function ranges(curve,    i, n, x, y) {
	x_most = y_most = 0
	x_least = y_least = 99
	for (n = 1; n <= points[curve]; n++) {
		x = log10(x_of[curve, n] < 1 ? 1 : x_of[curve, n])
		if (up(x) > x_most)
			x_most = up(x)
		if (down(x) < x_least)
			x_least = down(x)
		for (i = 1; i <= name_count; i++) {
			y = middle[curve x_of[curve, n], names[i]]
			if (y <= 0)
				continue
			y = log10(y)
			if (up(y) > y_most)
				y_most = up(y)
			if (down(y) < y_least)
				y_least = down(y)
		}
	}
	if (x_most <= x_least)
		x_most = x_least + 1
	if (y_most <= y_least)
		y_most = y_least + 1
}

function axes(curve, has_zero,    n) {
	for (n = y_least; n <= y_most; n++) {
		line(left, at_y(10 ^ n), left + WIDE, at_y(10 ^ n), "l")
		text(left - 5, at_y(10 ^ n) + 4, "e m s", decade(n))
	}
	for (n = x_least; n <= x_most; n++) {
		line(at_x(10 ^ n), top, at_x(10 ^ n), top + HIGH, "l")
		text(at_x(10 ^ n), top + HIGH + 15, "c m s",
		    n == 0 && has_zero ? "0" : decade(n))
	}
}

function draw(curve, name, class,    n, y, d) {
	for (n = 1; n <= points[curve]; n++) {
		y = middle[curve x_of[curve, n], name]
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

function panel(column, row, curve, title, below,    i) {
	if (!(curve in points))
		return
	left = 20 + 32 + column * 286
	top = 92 + row * 230
	ranges(curve)
	text(left - 32, top - 14, "b", title)
	axes(curve, x_of[curve, 1] < 1)
	for (i = name_count; i > 0; i--) # minireap, the first, on top
		draw(curve, names[i], class_of(names[i]))
	text(left + WIDE / 2, top + HIGH + 32, "c m s", below)
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
		    ? ": no libc, no option" : ""))
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
	WIDE = 218
	HIGH = 150
	svg_begin(880, 526, "How cost grows, of minireap and other inits")
	text(20, 30, "h", "How cost grows: lower is better, " \
	    "but for what comes through")
	text(20, 50, "m", "Each as PID 1 of a namespace, on one CPU, in turn, " \
	    "medians" (machine == "" ? "" : "; " machine) ".")
	panel(0, 0, "reap", "CPU for an orphan, \302\265s",
	    "other children that live")
	panel(1, 0, "burst", "CPU for each orphan of a burst, \302\265s",
	    "orphans in it")
	panel(2, 0, "pace", "Time for each orphan of a burst, \302\265s",
	    "orphans in it")
	panel(0, 1, "passing", "CPU for a signal, \302\265s",
	    "signals sent a second")
	panel(1, 1, "passed", "Signals that come through a second",
	    "signals sent a second")
	legend()
	print "</svg>"
}
