# SPDX-License-Identifier: MIT
# style.awk: what the drawings have in common: an SVG with colours for light and
# dark surroundings and a ground of its own, for those who know of neither.

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
	print ".e{text-anchor:end}.c{text-anchor:middle}.s{font-size:11px}"
	print "path{fill:none;stroke-width:1.5;stroke-linejoin:round}"
	print "path.s0{stroke-width:2.5}path.d{stroke-dasharray:4 3}"
	print "@media(prefers-color-scheme:dark){"
	colors("#0d1117", "#3d444d", "#f0f6fc", "#9198a1")
	series("#4493f8", "#6e7681", "#d29922", "#ab7df8", "#3fb950", "#f85149")
	print "}</style>"
	printf "<rect class=\"g\" x=\".5\" y=\".5\" width=\"%d\" height=\"%d\"" \
	    " rx=\"8\"/>\n", width - 1, height - 1
}

function colors(ground, line, ink, pale) {
	print ".g{fill:" ground ";stroke:" line "}.l{stroke:" line "}"
	print "text{fill:" ink "}.m{fill:" pale "}"
}

# s0: minireap; s1..s4: the others; s5: lower bounds.
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

# 2159784 as 2,159,784; of what is no count, where it is small, with its tenths.
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
