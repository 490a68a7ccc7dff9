/** A document every dialect has to cope with, and words that must be seen wherever it is shown, in this order. */
export interface GoldenDocument {
  readonly name: string;
  readonly markdown: string;
  readonly words: readonly string[];
}

const fence = (language: string, code: string) => `\`\`\`${language}\n${code}\n\`\`\``;
const table = (columns: number, rows: number, cell = 'v') =>
  [
    `|${' H |'.repeat(columns)}`,
    `|${'---|'.repeat(columns)}`,
    ...Array.from({ length: rows }, (_, at) => `|${` ${cell}${at} |`.repeat(columns)}`),
  ].join('\n');

/** Short enough to be looked at behind every character. */
export const goldenDocuments: readonly GoldenDocument[] = [
  {
    name: 'nested lists',
    markdown:
      'Plan:\n\n1. first\n   - inner **bold**\n     - innermost `code`\n       1. numbered\n2. second\n\n   A paragraph inside.\n\n   ```sh\n   make all\n   ```\n3. third\n   - [x] done\n   - [ ] open\n\n- loose\n\n- items\n  > quoted\n\n  | a |\n  |---|\n  | b |\n+ plus\n* star\n10) ten',
    words: [
      'Plan',
      'first',
      'inner',
      'innermost',
      'numbered',
      'second',
      'paragraph',
      'make all',
      'third',
    ].concat(['done', 'open', 'loose', 'items', 'quoted', 'plus', 'star', 'ten']),
  },
  {
    name: 'tables',
    markdown: `| Name | 数量 | Note |\n|:-----|----:|:---:|\n| \`a\\|b\` | 1 | **bold** [link](https://example.com/x) |\n| 長い名前 | 22 | |\n| c | 333 | one <br> two |\n\nBetween.\n\n| only |\n|---|\n\n> | quoted |\n> |---|\n> | q |\n\n| x | y |\n|---|---|\n| short |\n| l | o | n | g |\nlazy row\n\n${table(1, 1)}\n\n${table(2, 1)}`,
    words: ['Name', '数量', '長い名前', '333', 'Between', 'only', 'quoted', 'short', 'lazy', 'v0'],
  },
  {
    name: 'fences in many languages',
    markdown: [
      fence('ts', 'const a: Map<string, number> = new Map(); // `tick`'),
      fence('python', 'def f(x):\n    return x < 3 and "</pre>"'),
      fence('c++', 'std::vector<int> v{1, 2};'),
      fence('diff', '- old\n+ new'),
      fence('html', '<div class="x">&amp;</div>'),
      fence('js {1,3}', 'let tagged = `x`;'),
      fence('"><b>', '[x](/y) ![z](w)'),
      fence('', 'no language\n\n\n``'),
      '~~~~md\n```js\nnested()\n```\n~~~~',
      '- ```sh\n  in a list\n  ```\n\n> ~~~\n> in a quote\n> ~~~',
      '    indented code',
      '```\nnever closed',
    ].join('\n\n'),
    words: ['Map<string, number>', 'return x < 3', 'std::vector<int>', '+ new', 'class="x"', 'tagged'].concat(
      ['no language', 'nested()', 'in a list', 'in a quote', 'indented code', 'never closed'],
    ),
  },
  {
    name: 'links with special characters',
    markdown:
      'See [docs (v2)](https://example.com/a_b(c)?x=1&y=%20#z "title"), [mail](mailto:a@b.example), [path](/rel/path.ts#L3), [`code.ts:3`](src/code.ts), [`x`](https://e.example/`tick`), [odd](javascript:alert(1)), [例え](http://例え.jp/パス), [a [b] c](<https://e.example/a b> \'t\'), [](https://e.example/bare), [broken](https://[oops), [tg](tg://user?id=1), [ref][r], [r], [**bold** _`code`_](https://e.example/*star*|p"q\'r) Wow![next](https://e.example/n)\n\n[r]: <https://e.example/r> "R"',
    words: [
      'See',
      'docs (v2)',
      'mail',
      'path',
      'code.ts:3',
      'odd',
      '例え',
      'a [b] c',
      'broken',
      'ref',
      'bold',
      'next',
    ],
  },
  {
    name: 'autolinks',
    markdown:
      'At https://example.com/bare_link_with_underscores, (https://e.example/a_(b)), www.e.example/x*y*z. Done!https://e.example/!\n\n<https://example.com/auto?a=b&c=d> <ftp://f.example> <a@b.example> c.d@e.example 见https://e.example/路径。和 http://localhost:8080/?q=<x> file:///etc/passwd `https://in.code`',
    words: ['bare_link_with_underscores', 'www.e.example', 'auto?a=b&c=d', 'a@b.example', 'localhost:8080'],
  },
  {
    name: 'images',
    markdown:
      '![picture](https://example.com/i.png) ![a [b] `c`](https://example.com/j.png "t") ![](https://example.com/k.png) ![rel](img/x.png) ![data](data:image/png;base64,AAAA) [![linked](https://e.example/b.svg)](https://e.example/go) ![r][pic] wow![\n\n[pic]: https://e.example/p.png',
    words: ['picture', 'a [b] c', 'k.png', 'rel', 'data', 'wow!['],
  },
  {
    name: 'headings',
    markdown:
      '# **Bold** `code` [link](https://e.example/h) _it_ ~~no~~\n## Two ##\n### 三 #3\n#### <T> & `*`\n##### *a*b*\n###### ![i](https://e.example/i.png)\n#\nSetext **two**\nlines\n===\nOther\n---\n- # in a list\n> ## in a quote\n\n#no heading',
    words: [
      'Bold',
      'code',
      'link',
      'Two',
      '三',
      '<T>',
      'Setext',
      'lines',
      'Other',
      'in a list',
      'in a quote',
      'no',
    ],
  },
  {
    name: 'quotes in quotes',
    markdown:
      '> one\n> > two **b\n> > b**\n> > > three `c`\n> > > - item\n> > >   ```\n> > >   code > x\n> > >   ```\nlazy\n\n>no space\n>\n> # h\n\n> a\n\n> b\n\n1. > in a list\n   > more',
    words: ['one', 'two', 'three', 'item', 'code > x', 'no space', 'h', 'a', 'b', 'in a list', 'more'],
  },
  {
    name: 'task lists',
    markdown:
      '- [x] done `a`\n- [X] also **done**\n- [ ] open [l](https://e.example)\n  - [ ] inner\n    1. [x] numbered\n- [ ]\n- [x]none\n- [-] odd\n\n- [ ] loose\n\n  more',
    words: ['done', 'also', 'open', 'inner', 'numbered', 'none', 'odd', 'loose', 'more'],
  },
  {
    name: 'footnotes',
    markdown:
      'Text[^1] and[^näme] and[^none], again[^1].\n\n[^1]: The *note*\n    goes on.\n\n    ```\n    code\n    ```\n[^näme]: - list\n\n[INFO]: read me\n[ref]: https://example.com/unused',
    words: ['Text', 'and', 'again', 'note', 'goes on', 'code', 'list', 'INFO', 'read me'],
  },
  {
    name: 'HTML',
    markdown:
      '<details>\n<summary>More &amp; <b>bold</b></summary>\n\nInside **md**\n\n</details>\n\nline<br>break <br/> <!-- comment --> <script>alert("x")</script> a<b && c>d <font color=\'red\'>r</font> &lt;esc&gt; &copy; &#x1F600; &nope; <pre>\n\n<T extends X<Y>> </ <! <? <',
    words: [
      'summary',
      'bold',
      'Inside',
      'md',
      'break',
      'comment',
      'alert("x")',
      'a<b && c>d',
      '<esc>',
      '😀',
      'X<Y>',
    ],
  },
  {
    name: 'raw backticks',
    markdown:
      'a `b` ``c ` d`` ``` e `` f ``` ` lone\n\n`over\nlines` and `` ` `` and ```` ``` ````\n\n`[x](/y)` `**no**` `<b>` `a|b` `\\` `` `[z](/w)` ``\n\n[`a` b `c`](/p) `q [r](/s)\n[t](/u) v` [w](/x)\n\n**`b`** *`i`* ~~`s`~~ `unclosed [k](/l)',
    words: ['b', 'c ` d', 'lone', 'over lines', '[x](/y)', '**no**', '<b>', 'a b c', 'unclosed', 'k'],
  },
  {
    name: 'CJK',
    markdown:
      '# 标题：结论\n\n**重要**：这是一个没有空格的很长的句子，用来测试。「引用」された言葉！**「强调」**的*斜*体~~删~~`码`字\n\n> 引用文\n> 続き\n\n- 第一项\n- 二番目、**強調**です。\n\n1～3 ~ 4 한국어 문장입니다. ＡＢＣ　全角',
    words: [
      '标题：结论',
      '重要',
      '很长的句子',
      '强调',
      '引用文',
      '続き',
      '第一项',
      '二番目',
      '強調',
      '한국어',
    ],
  },
  {
    name: 'emoji',
    markdown: `Ready 😀 👩‍👩‍👧‍👦 🇯🇵🇩🇪 🏳️‍🌈 👍🏽 1️⃣ *é ñ̃* \`𝔘𝔫𝔦\` **😀** [👍🏽](https://e.example/👍) :smile: z̸̡̢̛͙ done\n\n${'👩‍👩‍👧‍👦'.repeat(9)}\n\n${'🇯🇵'.repeat(20)}`,
    words: ['Ready', '😀', '👩‍👩‍👧‍👦', '🇯🇵', '👍🏽', '𝔘𝔫𝔦', 'done'],
  },
  {
    name: 'mentions',
    markdown:
      'Ask @ann, @everyone, @here, <@123>, <@!4>, <@&5>, <!channel>, <!here|h>, <!subteam^S1>, <@U0000ANN>, <#C1>, <:e:1>, <at id=all></at>, <at user_id="all">x</at>, [all](<!channel>) and `@here` in code, `<!here>`, **@everyone**.',
    words: ['Ask', '@ann', 'in code'],
  },
  {
    name: 'long lines',
    markdown: `${'word '.repeat(30)}\n\n${'字'.repeat(90)}\n\n${'x'.repeat(120)}\n\n**${'b '.repeat(40)}end**\n\n\`${'c'.repeat(70)}\`\n\n[${'label '.repeat(9)}](https://e.example/${'p'.repeat(90)})`,
    words: ['word', '字', 'xxx', 'end', 'ccc', 'label'],
  },
  {
    name: 'strange characters',
    markdown:
      'tab\there\r\nCRLF **b\r\nc**\r\n\r\n- a\r\n- b\rlone CR\n\nzero\u200bwidth \u200e\u202ertl\u202c nbsp\u00a0\u00a0x \ufeffbom \u0007bell \u001b[31mred \ufffdx e\u0301 \u2028ls\u2029ps \u{10ffff}.\n\n\u200b\n\n\u3000\n\n&nbsp;\n\nend',
    words: ['tab', 'CRLF', 'zero', 'rtl', 'bom', 'red', 'end'],
  },
  {
    name: 'marks that mean nothing',
    markdown:
      '2*3*4 snake_case_name __init__ a~b~c <b>raw</b> \\*not\\* 1. no list\n# no\n####### seven\n***\n* * *\n- - -\n\n|no|table\n\n-\n\n>\n\n``` \n```\n\n+ + + x\n\n-# small\n>>> q\n||spoiler|| ==mark== ^sup^ $x_1$ \\(y\\) :::note\n\n*a **b* c** ***d** e* _f*g_h* [[w]] ![ ]( [ ](\\',
    words: ['snake_case_name', 'raw', 'seven', 'no', 'table', 'x', 'small', 'spoiler', 'note', 'w'],
  },
];

/** Documents of several messages; they are too long to be looked at behind every character. */
export const longDocuments: readonly GoldenDocument[] = [
  {
    name: 'very long lines',
    markdown: `${'word '.repeat(1500)}\n\n${'字'.repeat(6000)}\n\n${'x'.repeat(9000)}\n\n**${'b '.repeat(900)}end**\n\n\`${'c'.repeat(2500)}\``,
    words: ['word', '字', 'xxx', 'end', 'ccc'],
  },
  {
    name: 'long tables, lists and fences',
    markdown: `${table(3, 120, 'cell ')}\n\n${table(21, 1, 'wide ')}\n\n${Array.from({ length: 150 }, (_, at) => `${at + 1}. item ${at} of **list**`).join('\n')}\n\n${fence('ts', Array.from({ length: 150 }, (_, at) => `const line${at} = "<&>";`).join('\n'))}\n\n${'👩‍👩‍👧‍👦🇯🇵'.repeat(300)}`,
    words: ['cell 0', 'cell 119', 'wide 0', 'item 0', 'item 149', 'line0', 'line149', '🇯🇵'],
  },
];

/** Texts in which there is nothing to be seen, or next to nothing: something has to be said nevertheless. */
export const blankDocuments: readonly string[] = [
  '',
  ' ',
  '\n\n',
  '\u200b',
  '\u2060\ufeff',
  '\u3000',
  '\u2800',
  '&nbsp;',
  '&#8203;',
  '\\',
  '\\\n',
  '#',
  '# \u200b',
  '-',
  '- [ ]',
  '1.',
  '>',
  '> >',
  '---',
  '```',
  '```\n\n```',
  '```ts\n \n```',
  '` `',
  '` `` `',
  '**',
  '** **',
  '~~\u200b~~',
  '[]()',
  '[ ](https://e.example)',
  '![]()',
  '![](x)',
  '| |\n|---|',
  '| | |\n|---|---|\n| | |',
  '[x]: https://e.example',
  '[^1]: ',
  '<!-- -->',
  '\u0000',
  '\u00ad',
  '\ud83d',
];
