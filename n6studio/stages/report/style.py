"""The report's style sheet: light and dark by what the reader's system prefers, always light on paper."""

_LIGHT = """
--page:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#5a6472;--line:#d9dee5;--warn:#fff4d6;--warnline:#d9a300;
--s0:#0b63ce;--s1:#d1600a;--s2:#12805c;--s3:#8244c9;--s4:#5f6b7a;--k0:#9aa7b8;--k1:#5ab0a4;--k2:#0b63ce;--k3:#c98f1f;
--good:#12805c;--bad:#c22a2a;
"""
_DARK = """
--page:#14171c;--card:#1d2229;--ink:#e8ebef;--soft:#a3adba;--line:#353d48;--warn:#3a3015;--warnline:#d9a300;
--s0:#66aaff;--s1:#ff9f57;--s2:#4fcb9d;--s3:#bd93f2;--s4:#a9b4c2;--k0:#76849a;--k1:#4fb3a5;--k2:#66aaff;--k3:#e0b04a;
--good:#4fcb9d;--bad:#ff8080;
"""

STYLE = (
    ":root{color-scheme:light dark;" + _LIGHT.replace("\n", "") + "}"
    "@media (prefers-color-scheme:dark){:root{" + _DARK.replace("\n", "") + "}}"
    """
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,Arial,sans-serif}
main{max-width:1240px;margin:0 auto;padding:20px 24px 40px}
h1{font-size:25px;line-height:1.25;margin:0 0 2px;overflow-wrap:anywhere}
h2{font-size:18px;margin:30px 0 10px}
p{margin:4px 0}
.soft,figcaption,small{color:var(--soft)}
.lead{font-size:17px;margin:12px 0 0;max-width:80ch}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 16px;overflow-x:auto}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(350px,1fr));gap:14px}
.charts .card{padding:10px;overflow:hidden}
.warn{background:var(--warn);border-left:4px solid var(--warnline);padding:8px 14px;margin:6px 0;border-radius:4px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:5px 10px;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600}
th:first-child,td:first-child{text-align:left;padding-left:0}
tr:last-child td,tr:last-child th{border-bottom:0}
thead th{overflow-wrap:anywhere;max-width:260px}
.key{font-weight:650}
.up{color:var(--good)}.down{color:var(--bad)}
.mono{font-family:ui-monospace,Consolas,Menlo,monospace;font-size:12.5px;overflow-wrap:anywhere}
.trio{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:10px;margin:8px 0 2px}
figure{margin:0}
figure img{width:100%;display:block;border-radius:5px;background:var(--line)}
figcaption{font-size:13px;overflow-wrap:anywhere}
.worst{margin-bottom:14px}
.worst h3{font-size:15px;margin:0;font-weight:600;overflow-wrap:anywhere}
dl{margin:0;display:grid;grid-template-columns:minmax(130px,250px) 1fr;gap:4px 18px}
dt{font-weight:600;overflow-wrap:anywhere}dd{margin:0;overflow-wrap:anywhere}
svg{width:100%;height:auto;display:block;max-width:620px;margin:0 auto}
svg text{font-size:12px;fill:var(--ink)}
svg .t{font-size:14px;font-weight:650}
svg .n{font-size:11.5px;fill:var(--soft)}
svg .none{font-size:13.5px;fill:var(--soft)}
svg .g{stroke:var(--line);stroke-width:1}
svg .diag{stroke:var(--soft);stroke-dasharray:4 4}
svg .l{fill:none;stroke-width:2.2;stroke-linejoin:round}
svg .d{stroke-dasharray:7 4}
svg .p{stroke:var(--card);stroke-width:.8;fill-opacity:.75}
"""
    + "".join(
        f"svg .l.s{n}{{stroke:var(--s{n})}}svg .p.s{n},svg .b.s{n}{{fill:var(--s{n})}}.c{n}{{color:var(--s{n})}}\n"
        for n in range(5)
    )
    + "".join(f"svg .b.k{n}{{fill:var(--k{n})}}" for n in range(4))
    + """
@page{margin:12mm}
@media print{
:root{color-scheme:light;"""
    + _LIGHT.replace("\n", "")
    + """}
body{font-size:11px;background:#fff;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}
.card,.worst,svg,tr{break-inside:avoid}
h1{font-size:19px}.lead{font-size:13px}
h2,h2+p{break-after:avoid}
h2+.charts,h2+p+.worst{break-before:avoid}
.charts{grid-template-columns:repeat(2,1fr)}
.trio{grid-template-columns:repeat(3,1fr)}
}
"""
)
