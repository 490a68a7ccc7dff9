/** A document every dialect has to cope with, and words that must be seen wherever it is shown, in this order. */
export interface GoldenDocument {
  readonly name: string;
  readonly markdown: string;
  readonly words: readonly string[];
}

const fence = (language: string, code: string) => `\`\`\`${language}\n${code}\n\`\`\``;

export const goldenDocuments: readonly GoldenDocument[] = [
  {
    name: 'nested lists',
    markdown:
      'Plan:\n\n1. first\n   - inner **bold**\n     - innermost `code`\n       1. numbered\n2. second\n\n   A paragraph inside.\n\n   ```sh\n   make all\n   ```\n3. third\n   - [x] done\n   - [ ] open\n\n- loose\n\n- items',
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
      'done',
      'open',
      'loose',
      'items',
    ],
  },
  {
    name: 'tables',
    markdown:
      '| Name | 数量 | Note |\n|:-----|----:|:---:|\n| `a\\|b` | 1 | **bold** [link](https://example.com/x) |\n| 長い名前 | 22 | |\n| c | 333 | one <br> two |\n\nBetween.\n\n| only |\n|---|\n\n| x | y |\n|---|---|\n' +
      Array.from({ length: 30 }, (_, at) => `| row${at} | value ${at} |`).join('\n'),
    words: ['Name', '数量', '長い名前', '333', 'Between', 'only', 'row0', 'row29', 'value 29'],
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
      fence('', 'no language'),
      '~~~~md\n```js\nnested()\n```\n~~~~',
      '    indented code',
    ].join('\n\n'),
    words: [
      'Map<string, number>',
      'return x < 3',
      'std::vector<int>',
      '+ new',
      'class="x"',
      'tagged',
      'no language',
      'nested()',
      'indented code',
    ],
  },
  {
    name: 'links with special characters',
    markdown:
      'See [docs (v2)](https://example.com/a_b(c)?x=1&y=%20#z "title"), <https://example.com/auto?a=b&c=d>, https://example.com/bare_link_with_underscores, [mail](mailto:a@b.example), [path](/rel/path.ts#L3), [odd](javascript:alert(1)), [例え](http://例え.jp/パス), ![picture](https://example.com/i.png) and [**bold** `code`](https://e.example/*star*).',
    words: [
      'See',
      'docs (v2)',
      'https://example.com/auto?a=b&c=d',
      'bare_link_with_underscores',
      'mail',
      'path',
      'odd',
      '例え',
      'picture',
      'bold',
      'code',
    ],
  },
  {
    name: 'CJK',
    markdown:
      '# 标题：结论\n\n**重要**：这是一个没有空格的很长的句子，用来测试在没有单词边界的情况下如何切分文本。「引用」された言葉！\n\n> 引用文\n> 続き\n\n- 第一项\n- 二番目、**強調**です。\n\n한국어 문장입니다.',
    words: [
      '标题：结论',
      '重要',
      '没有空格的很长的句子',
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
    markdown: 'Ready 😀 👩‍👩‍👧‍👦 🇯🇵 🏳️‍🌈 👍🏽 *é ñ̃* `𝔘𝔫𝔦` :smile: done\n\n'.concat('👩‍👩‍👧‍👦'.repeat(80)),
    words: ['Ready', '😀', '👩‍👩‍👧‍👦', '🇯🇵', '👍🏽', '𝔘𝔫𝔦', 'done'],
  },
  {
    name: 'mentions',
    markdown:
      'Ask @ann, @everyone, @here, <@123>, <!channel>, <@U0000ANN>, <#C1>, <at id=all></at>, <at user_id="all">x</at> and `@here` in code, or `<!here>`.',
    words: ['Ask', '@ann', 'in code'],
  },
  {
    name: 'very long lines',
    markdown: `${'word '.repeat(1500)}\n\n${'字'.repeat(6000)}\n\n${'x'.repeat(9000)}\n\n**${'b '.repeat(900)}end**\n\n\`${'c'.repeat(2500)}\``,
    words: ['word', '字', 'xxx', 'end', 'ccc'],
  },
  {
    name: 'marks that mean nothing',
    markdown:
      '2*3*4 snake_case_name __init__ a~b~c <b>raw</b> &lt;esc&gt; &copy; \\*not\\* 1. no list\n# no\n####### seven\n***\nHeading\n===\n\n[ref][1] and [^1]\n\n[1]: https://example.com/ref\n[^1]: the note\n\n|no|table\n\n-\n\n>\n\n``` \n```',
    words: ['snake_case_name', 'raw', 'seven', 'Heading', 'ref', 'no', 'table'],
  },
];

/** The document as a stream shows it: cut off after every `step`th UTF-16 unit, halves of characters included. */
export function cutAnywhere(markdown: string, step: number): string[] {
  const cuts: string[] = [];
  for (let end = 1; end < markdown.length; end += step) cuts.push(markdown.slice(0, end));
  return cuts;
}
