# SPDX-License-Identifier: MIT
# style.awk: shared by the drawings: SVG with colours for light and dark themes,
# and a background of its own for viewers that do not support themes.

function svg_begin(width, height, title) {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
	printf " width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
	    width, height, width, height
	print "<title>" title "</title>"
	print "<style>"
	print "text{font:12px system-ui,'Segoe UI',Helvetica,Arial,sans-serif}"
	colors("#fff", "#d1d9e0", "#1f2328", "#59636e")
	series("#0969da", "#afb8c1", "#bf8700", "#8250df", "#1a7f37", "#cf222e")
	print ".h{font-size:16px;font-weight:600}.b{font-weight:600}"
	print ".e{text-anchor:end}.c{text-anchor:median}.s{font-size:11px}"
	print "path{fill:none;stroke-width:1.5;stroke-linejoin:round}"
	print "path.s0{stroke-width:2.5}path.d{stroke-dasharray:4 3}"
	print "@media(prefers-color-scheme:dark){"
	colors("#0d1117", "#3d444d", "#f0f6fc", "#9198a1")
	series("#4493f8", "#6e7681", "#d29922", "#ab7df8", "#3fb950", "#f85149")
	print "}</style>"
	printf "<rect class=\"g\" x=\".5\" y=\".5\" width=\"%d\" height=\"%d\"" \
	    " rx=\"8\"/>\n", width - 1, height - 1
}

function colors(background, border, foreground, muted) {
	print ".g{fill:" background ";stroke:" border "}.l{stroke:" border "}"
	print "text{fill:" foreground "}.m{fill:" muted "}"
}

# s0 is minireap, s1 to s4 are the other inits, s5 is a lower bound.
function series(a, b, c, d, e, f) {
	print one_series(0, a) one_series(1, b) one_series(2, c) \
	    one_series(3, d) one_series(4, e) one_series(5, f)
}

function one_series(n, color) {
	return ".s" n "{stroke:" color "}.f" n "{fill:" color "}"
}

function text(x, y, class, words) {
	printf "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>\n",
	    x, y, class, words
}

function line(x1, y1, x2, y2, class) {
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"" \
	    " class=\"%s\"/>\n", x1, y1, x2, y2, class
}

# Format 2159784 as 2,159,784.  Values that are not counts get one decimal if
# they are below 100.
function readable(value, is_count,    whole, out) {
	if (!is_count && value < 99.95)
		return sprintf("%.1f", value)
	whole = sprintf("%.0f", value)
	while (length(whole) > 3) {
		out = "," substr(whole, length(whole) - 2) out
		whole = substr(whole, 1, length(whole) - 3)
	}
	return whole out
}
