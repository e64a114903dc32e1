# SPDX-License-Identifier: GPL-2.0-only
"""
plot - curves over the offered load, drawn by gnuplot

One picture, one or two panels side by side, a curve for each series in each; or bars.
"""

import subprocess

COLOURS = ["#1b6ca8", "#2a9d8f", "#8a4fbe", "#d1495b", "#e9a23b", "#555555", "#90a955"]
MARKS = (5, 7, 9, 11, 13, 4, 6)     # of points; with the next round of colours, others
IDEAL = "every request answered"
KEY_ROW, KEY_LETTER, KEY_MARK = 17, 9, 60     # pixels of the key, below the curves
PANEL, PANEL_USED, PANEL_HEIGHT = 760, 660, 560


def quote(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def block(points):
    rows = "\n".join("%g %g" % point for point in sorted(points) if point[1] == point[1])
    return rows or "0 NaN"


def top(spec):
    """Left to gnuplot, but for curves that are zero everywhere."""
    return "*" if any(y > 0 for points in spec["series"].values() for _, y in points) else "1"


def panel(spec, names, right):
    lines = ["set xlabel %s" % quote(spec["x"]), "set ylabel %s" % quote(spec["y"]),
             "set title %s" % quote(spec["title"]),
             "set logscale y" if spec.get("log") else "unset logscale y",
             "set yrange [%s:%s]" % ("*" if spec.get("log") else "0", top(spec)),
             "set xrange [0:%g]" % right]
    curves = []
    if spec.get("ideal"):
        curves.append('x <= %g ? x : NaN with lines lc rgb "#bbbbbb" dt 2 lw 1 '
                      'title "%s"' % (spec["ideal"], IDEAL))
    for i, name in enumerate(names):
        lines.append("$d%d << EOD\n%s\nEOD" % (i, block(spec["series"][name])))
        curves.append('$d%d using 1:2 with linespoints lw 2 pt %d ps 1.2 lc rgb "%s" title %s'
                      % (i, MARKS[(i + i // len(COLOURS)) % len(MARKS)], COLOURS[i % len(COLOURS)],
                         quote(name)))
    return lines + ["plot " + ", \\\n".join(curves)]


def run(script):
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True,
                   timeout=60)


def bars(path, title, y, parts, groups):
    """Stacked bars: groups are (label, [a value for each of the parts])."""
    rows = "\n".join("%s %s" % (quote(label), " ".join("%g" % v for v in values))
                     for label, values in groups)
    script = ["set terminal pngcairo noenhanced size 1000,700 font 'sans,11'",
              "set output %s" % quote(path), "set title %s" % quote(title),
              "set ylabel %s" % quote(y), "set yrange [0:*]", "set grid y lc rgb '#dddddd'",
              "set style data histograms", "set style histogram rowstacked",
              "set style fill solid 0.9 border -1", "set boxwidth 0.7",
              "set xtics rotate by -40", "set key outside bottom center horizontal",
              "set rmargin 12", "$d << EOD\n%s\nEOD" % rows]
    script.append("plot " + ", \\\n".join(
        '$d using %d:xtic(1) lc rgb "%s" title %s' % (
            i + 2, COLOURS[i % len(COLOURS)], quote(part)) for i, part in enumerate(parts)))
    run(script)


def draw(path, title, panels):
    """
    panels: dicts with title, x, y, series {name: [(x, y), ...]}, and if wanted
    log (y axis) and ideal (x up to which the line y = x is drawn).
    """
    names = list(panels[0]["series"])
    right = 1.03 * max(x for spec in panels for points in spec["series"].values()
                       for x, _ in points)
    columns = max(1, PANEL_USED // (KEY_MARK + KEY_LETTER * max(map(len, [IDEAL, *names]))))
    rows = len(names) // columns + 1
    script = ["set terminal pngcairo noenhanced size %d,%d font 'sans,11'" % (
                  PANEL * len(panels), PANEL_HEIGHT + KEY_ROW * rows),
              "set output %s" % quote(path), "set grid lt 1 lw 1 lc rgb '#dddddd'",
              "set bmargin %d" % (rows + 5),
              "set key outside bottom center horizontal maxcols %d samplen 3" % columns,
              "set offsets graph 0, graph 0.02, graph 0.06, 0",
              "set format x '%.0f'", "set samples 400",
              "set multiplot layout 1,%d title %s font ',13'" % (len(panels), quote(title))]
    for spec in panels:
        script += panel(spec, names, right)
    script.append("unset multiplot")
    run(script)
