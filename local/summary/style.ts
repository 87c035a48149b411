/** The page's only style; both colour schemes, wide and narrow. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#14181f;--soft:#5b6472;--line:#dfe3e9;--accent:#1f6feb;--good:#12805c;--bad:#b42318;
--flew:#6aa2f0;--cancel:#e0662f;--late:#7a3fc4;--chip:#eef2f8;--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#161b22;--ink:#e8edf4;--soft:#9aa6b5;--line:#2b333e;--accent:#6ea8ff;--good:#4cc79a;--bad:#ff8a7a;
--flew:#3f74c4;--cancel:#ff9a62;--late:#c39bff;--chip:#1f2733}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:28px 20px 48px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 16px;margin-bottom:20px}
h1{font-size:26px;line-height:1.2;margin:0;letter-spacing:-.01em}
h2{font-size:17px;margin:0 0 4px}
h3{font-size:14px;margin:20px 0 6px}
p{margin:0 0 12px}
.lead{color:var(--soft);margin:0}
.sub{color:var(--soft);font-size:14px;margin-bottom:14px}
.ok{color:var(--good);font-weight:600}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px;margin-top:16px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(145px,1fr));gap:12px;margin:0;padding:0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px;display:flex;flex-direction:column-reverse}
.tiles dt{color:var(--soft);font-size:13px}
.tiles div{justify-content:flex-end}
.tiles dd{margin:0;font-size:24px;white-space:nowrap;font-weight:650;letter-spacing:-.01em}
.flow{list-style:none;display:flex;margin:0;padding:0;gap:28px}
.flow>li{position:relative;flex:1;min-width:0;border:1px solid var(--line);border-top:3px solid var(--accent);border-radius:10px;padding:12px 14px}
.flow>li+li::before{content:"→";position:absolute;left:-23px;top:50%;transform:translateY(-50%);color:var(--soft);font-size:18px}
.flow b{display:block;font-size:20px;font-weight:650}
.flow span{display:block;color:var(--soft);font-size:13px}
.flow .name{color:var(--ink);font-weight:600;font-size:14px}
.flow .side{margin-top:8px;padding-top:8px;border-top:1px dashed var(--line);color:var(--bad)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:6px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child,.text{text-align:left}
.wrap{white-space:normal;text-align:left;overflow-wrap:anywhere}
thead th{color:var(--soft);font-weight:500;font-size:13px}
tbody th{font-weight:500}
tr.group th{white-space:normal;padding-top:16px;font-weight:650}
tr.group th span{color:var(--soft);font-weight:400}
tr.sum td,tr.sum th{font-weight:650}
tbody tr:last-child td,tbody tr:last-child th{border-bottom:0}
td.zero{color:var(--soft)}
td.bad{color:var(--bad);font-weight:650}
figure{margin:0}
svg{display:block;width:100%;min-width:640px;height:auto}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--soft)}
svg .panel{font-size:13px;font-weight:600;fill:var(--ink)}
svg .note{fill:var(--ink);font-weight:600}
.grid,.month{stroke:var(--line);stroke-width:1}
.month{stroke-dasharray:2 4}
.axis{stroke:var(--soft);stroke-width:1}
rect.flew{fill:var(--flew)}rect.cancelled{fill:var(--cancel)}
.delay{fill:none;stroke:var(--late);stroke-width:2;stroke-linejoin:round}
circle.late{fill:var(--late)}
g:hover rect{opacity:.75}
rect.dataset{fill:var(--chip);stroke:var(--accent)}rect.source{fill:var(--card);stroke:var(--soft);stroke-dasharray:4 3}
svg text.dataset{fill:var(--ink);font:12.5px var(--mono)}.edge{fill:none;stroke:var(--soft);stroke-width:1.2;opacity:.6}
figcaption{display:flex;flex-wrap:wrap;gap:4px 18px;color:var(--soft);font-size:13px;margin-top:10px}
.key{display:inline-flex;align-items:center;gap:6px;color:var(--ink)}
.swatch{width:11px;height:11px;border-radius:3px;background:var(--flew)}
.swatch.cancelled{background:var(--cancel)}.swatch.late{background:var(--late);height:3px}
details{margin-top:12px}
summary{cursor:pointer;color:var(--accent);font-size:14px}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:4px}
.reject{border:1px solid var(--line);border-left:3px solid var(--cancel);border-radius:8px;padding:12px 14px;margin-top:12px}
.reject p{margin:0 0 6px;overflow-wrap:anywhere}
code,pre{font-family:var(--mono);font-size:12.5px}
code{background:var(--chip);border-radius:4px;padding:1px 5px}
pre{background:var(--chip);border-radius:8px;padding:10px 12px;margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.empty{color:var(--soft);margin:0}
footer{color:var(--soft);font-size:13px;margin-top:20px}
@media (max-width:720px){main{padding:18px 12px 36px}section{padding:16px 14px}.flow{flex-direction:column;gap:26px}
.flow>li+li::before{content:"↓";left:50%;top:-24px;transform:translateX(-50%)}.tiles dd{font-size:20px}}
@media print{body{background:#fff}section{break-inside:avoid}}
`;
