/** The style of a mail. Readers that drop it still show plain, ordered text; no width is fixed. */
export const NOTICE_STYLE = `
:root{color-scheme:light dark}
body{margin:0;padding:0;background:#f4f5f7;color:#1c1f24;font:16px/1.5 -apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
.page{max-width:720px;margin:0 auto;padding:20px 16px 28px;background:#fff;border-top:6px solid #5b6472;overflow-wrap:anywhere}
.alarm .page{border-top-color:#c2231a}
.calm .page{border-top-color:#1f7a3f}
.tag{margin:0 0 6px;font-size:14px;font-weight:600;color:#5b6472}
.alarm .tag{color:#b01f17}
.calm .tag{color:#1a6a36}
h1{margin:0 0 16px;font-size:20px;line-height:1.35;font-weight:650}
h2{margin:24px 0 8px;font-size:16px;line-height:1.35}
p{margin:0 0 12px}
a{color:#1a56c4}
ul{margin:0 0 12px;padding-left:20px}
.buttons{margin:0 0 12px}
.button{display:inline-block;margin:0 8px 8px 0;padding:11px 16px;border:1px solid #8a93a1;border-radius:8px;color:#1c1f24;font-weight:600;text-decoration:none}
.first{border-color:#1a56c4;background:#1a56c4;color:#fff}
.hint,.foot{font-size:14px;color:#5b6472}
.remark{padding:10px 12px;border-left:4px solid #b07800;background:#fff6df}
.facts{width:100%;border-collapse:collapse;margin:4px 0 0}
.facts th{width:1%;min-width:84px;padding:7px 14px 7px 0;text-align:left;vertical-align:top;font-weight:600;color:#5b6472;white-space:nowrap}
.facts td{padding:7px 0;vertical-align:top}
.facts tr+tr th,.facts tr+tr td{border-top:1px solid #e3e6ea}
pre{margin:0 0 12px;padding:12px;border-radius:8px;background:#f1f3f5;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.foot{margin:28px 0 0;padding-top:12px;border-top:1px solid #e3e6ea}
@media (prefers-color-scheme:dark){
body{background:#0f1114;color:#e8eaed}
.page{background:#181b20}
.alarm .page{border-top-color:#e5534b}
.calm .page{border-top-color:#3fa35f}
a{color:#8ab4f8}
.tag,.hint,.foot,.facts th{color:#a7b0bd}
.alarm .tag{color:#ff8b84}
.calm .tag{color:#7fd69a}
.button{border-color:#5b6472;color:#e8eaed}
.first{border-color:#3d7bea;background:#2563d6;color:#fff}
.remark{background:#2e2710}
pre{background:#0f1114}
.facts tr+tr th,.facts tr+tr td,.foot{border-color:#2c323a}
}
`.trim();
