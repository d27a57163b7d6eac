"""The HTML of an evaluation's report: one file, without scripts and without anything from outside."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }}</title><style>
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 }
td, th { padding: .2em .8em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top }
td.n, th.n { text-align: right; white-space: nowrap } tr.group th { padding-top: 1em }
td.best { font-weight: bold; color: #1b7837 } .wide { overflow-x: auto }
img { max-width: 100% } figure { margin: 1em 0 } figcaption, small { color: #555 }
.pictures { display: flex; flex-wrap: wrap; gap: 1em } .pictures figure { width: 22em; margin: 0 }
dt { font-weight: bold } dd { margin: 0 0 .5em 1em; overflow-wrap: anywhere }
@media print { body { margin: 0; max-width: none; font-size: 10pt } .wide { overflow: visible }
figure, tr { break-inside: avoid } h2 { break-after: avoid } }
</style></head><body>
<h1>{{ title }}</h1>
{% for line in intro %}<p>{{ line }}</p>{% endfor %}
<h2>Summary</h2>
<div class="wide"><table><thead><tr><th>measure</th><th>unit</th>
{% for run in runs %}<th class="n">{{ run }}</th>{% endfor %}</tr></thead>
{% for group, rows in groups %}<tbody>
<tr class="group"><th colspan="{{ runs | length + 2 }}">{{ group }}</th></tr>
{% for row in rows %}<tr><td>{{ row.label }}</td><td>{{ row.unit }}</td>
{% for cell in row.cells %}
<td class="n{{ ' best' if cell.best }}">{{ cell.text }}{{ ' *' if cell.best }}</td>{% endfor %}
</tr>{% endfor %}</tbody>{% endfor %}</table></div>
{% if runs | length > 1 %}<p><small>* best of the runs; whether a difference is more than chance,
<code>hand-tracking-dsp compare</code> says.</small></p>{% endif %}
{% if levels %}<h3>Levels that ran</h3>
<div class="wide"><table><tr><th>run</th>
{% for level in levels.names %}<th class="n">{{ level }}</th>{% endfor %}
<th class="n">switches a minute</th></tr>
{% for run, cells in levels.rows %}<tr><td>{{ run }}</td>
{% for cell in cells %}<td class="n">{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table></div>
<p><small>Share of the frames handled, %.</small></p>{% endif %}
{% for plot in plots %}<h2>{{ plot.title }}</h2>
<figure><img alt="{{ plot.title }}" src="{{ plot.source }}">
<figcaption>{{ plot.caption }}</figcaption></figure>
{% endfor %}
<h2>Recordings</h2>
<div class="wide"><table><tr><th>recording</th><th class="n">frames</th><th class="n">seconds</th>
<th>truth</th><th>problems</th></tr>
{% for one in recordings %}<tr><td>{{ one.name }}<br><small>{{ one.path }}</small></td>
<td class="n">{{ one.frames }}</td><td class="n">{{ one.seconds }}</td><td>{{ one.truth }}</td>
<td>{% for problem in one.problems %}{{ problem }}<br>{% else %}none{% endfor %}</td></tr>
{% endfor %}</table></div>
{% if by_recording %}<h3>Measures by recording</h3>
<div class="wide"><table><tr><th>recording</th><th>run</th>
{% for heading in by_recording.headings %}<th class="n">{{ heading }}</th>{% endfor %}</tr>
{% for bag, run, cells in by_recording.rows %}<tr><td>{{ bag }}</td><td>{{ run }}</td>
{% for cell in cells %}<td class="n">{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table></div>
<p><small>All other measures of each recording are in report.json.</small></p>{% endif %}
{% if worst %}<h2>Worst frames</h2>
<div class="pictures">{% for one in worst %}<figure>
{% if one.source %}<img alt="{{ one.caption }}" src="{{ one.source }}">{% endif %}
<figcaption>{{ one.caption }}</figcaption></figure>{% endfor %}</div>
<p><small>Tracked hands in colours, true joints and boxes in green.</small></p>{% endif %}
<h2>What was not measured</h2>
<ul>{% for line in not_measured %}<li>{{ line }}</li>{% else %}<li>Nothing is missing.</li>{% endfor %}</ul>
<h2>How</h2>
<dl>{% for name, value in how %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>
<h2>Definitions</h2>
<dl>{% for metric in metrics %}<dt>{{ metric.label }}{{ ', ' + metric.unit if metric.unit }}</dt>
<dd>{{ metric.formula }}</dd>{% endfor %}</dl>
</body></html>
"""
