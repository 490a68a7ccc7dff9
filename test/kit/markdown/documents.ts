import { seededRandom } from '../seeded-random.ts';

/** A generated Markdown document and a way to cut it off as a stream would. */
export interface GeneratedDocument {
  seed: number;
  markdown: string;
}

const WORDS =
  'alpha beta Gamma delta-echo foxtrot golf9 hotel_india x<y a&b "quoted" 50% C:\\dir $HOME 3*4 snake_case_name #tag @who :smile: e.g. 1.5'.split(
    ' ',
  );
const CJK = [
  '你好，世界。',
  '日本語の文章です。',
  '「引用」された言葉！',
  '한국어 문장',
  '全角　空白',
  '这是一个没有空格的很长的句子，用来测试在没有单词边界的情况下如何切分文本。',
];
const EMOJI = ['😀', '👩‍👩‍👧‍👦', '🇯🇵', '🏳️‍🌈', '👍🏽', 'é', 'ñ̃', '𝔘𝔫𝔦'];
const LANGUAGES = ['', 'ts', 'python', 'c++', 'diff', 'sh', 'objective-c', 'html', 'mermaid', 'js {1,3}'];
const URLS = [
  'https://example.com/a_b(c)?x=1&y=%20#z',
  'http://例え.jp/パス',
  'mailto:a@b.example',
  'https://e.example/*star*',
  '/rel/path',
];

/** Builds documents from a seed: the same seed gives the same document for ever. */
export class DocumentGenerator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** A document of about `blocks` top-level blocks. */
  document(blocks = 8): string {
    return this.#times(1 + this.#below(blocks), () => this.block(0)).join('\n\n') + this.#pick(['', '\n']);
  }

  block(depth: number): string {
    const kind = this.#below(depth > 2 ? 5 : 11);
    if (kind <= 2) return this.paragraph(1 + this.#below(12));
    if (kind === 3) return `${'#'.repeat(1 + this.#below(6))} ${this.inline()}`;
    if (kind === 4) return this.fence();
    if (kind === 5) return this.table();
    if (kind <= 7) return this.list(depth);
    if (kind === 8) return this.block(depth + 1).replace(/^/gm, '> ');
    if (kind === 9)
      return this.#pick([
        '---',
        '***',
        '\\*not emphasis\\*',
        '    indented code',
        '[INFO]: done',
        '<div>&amp;</div>',
        'Heading\n===',
      ]);
    return this.#longLine();
  }

  paragraph(pieces: number): string {
    return (
      this.#times(pieces, () => this.inline()).join(this.#pick([' ', ' ', '\n', '  \n'])) +
      this.#pick(['.', '', '!', '。'])
    );
  }

  inline(depth = 0): string {
    const inner = () => (depth > 1 ? this.word() : this.inline(depth + 1));
    switch (this.#below(12)) {
      case 0:
        return `**${inner()}**`;
      case 1:
        return `*${inner()}*`;
      case 2:
        return `~~${inner()}~~`;
      case 3:
        return `\`${this.#pick(['code', 'a | b', '<T>', 'f(`x`)'.replaceAll('`', "'"), '**raw**', '混合 code'])}\``;
      case 4:
        return `[${inner().replace(/[[\]]/g, '')}](${this.#pick(URLS)})`;
      case 5:
        return `![${this.word().replace(/[[\]]/g, '')}](https://example.com/i.png)`;
      case 6:
        return this.#pick(EMOJI).repeat(1 + this.#below(4));
      case 7:
        return this.#pick(CJK);
      case 8:
        return this.#pick([
          'https://example.com/auto?q=1',
          '**open',
          '_half',
          '[not a link',
          '&lt;',
          '`',
          '***both***',
          '1. no list',
        ]);
      default:
        return this.#times(1 + this.#below(10), () => this.word()).join(' ');
    }
  }

  word(): string {
    return this.#pick(WORDS);
  }

  fence(): string {
    const lines = this.#times(this.#below(this.#pick([4, 4, 40])), () =>
      this.#pick([
        '',
        '  return x < y && z;',
        '# comment `tick`',
        '``',
        '</pre>',
        '日本語 = "値"',
        `${this.word()} ${this.word()}`,
        '- not a list',
        'long '.repeat(this.#below(40)),
      ]),
    );
    const mark = this.#pick(['```', '```', '````', '~~~']);
    if (mark === '````') lines.push('```', 'inner', '```');
    return [mark + this.#pick(LANGUAGES), ...lines, mark].join('\n');
  }

  table(): string {
    const columns = 1 + this.#below(4);
    const cell = () => this.inline(1).replace(/\n/g, ' ').replace(/\|/g, '\\|');
    const row = () => `| ${this.#times(columns, cell).join(' | ')} |`;
    const rule = `|${this.#times(columns, () => this.#pick(['---', ':--', '--:', ':-:'])).join('|')}|`;
    return [row(), rule, ...this.#times(this.#below(this.#pick([4, 30])), row)].join('\n');
  }

  list(depth: number): string {
    const ordered = this.#below(2) === 0;
    const start = this.#pick([1, 1, 7]);
    const items = this.#times(1 + this.#below(6), (at) => {
      const marker = ordered ? `${start + at}. ` : '- ';
      const box = this.#pick(['', '', '', '[ ] ', '[x] ']);
      const nested =
        depth < 3 && this.#below(3) === 0 ? `\n${this.#pick(['', '\n'])}${this.block(depth + 1)}` : '';
      return (
        marker +
        (box + this.paragraph(1 + this.#below(3)) + nested).replace(
          /\n(?=[^\n])/g,
          `\n${' '.repeat(marker.length)}`,
        )
      );
    });
    return items.join('\n');
  }

  #longLine(): string {
    const piece = this.#pick(['x', '字', '😀', 'ab ', '👩‍👩‍👧‍👦', 'word. ', '**b** ', '`c`']);
    return piece.repeat(50 + this.#below(600)).trim();
  }

  #below(max: number): number {
    return Math.floor(this.#random() * max);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  #times<T>(count: number, make: (at: number) => T): T[] {
    return Array.from({ length: count }, (_unused, at) => make(at));
  }
}

/** `count` documents of up to `blocks` top-level blocks, from consecutive seeds. */
export function generatedDocuments(count: number, firstSeed = 1, blocks = 8): GeneratedDocument[] {
  return Array.from({ length: count }, (_unused, at) => {
    const seed = firstSeed + at;
    return { seed, markdown: new DocumentGenerator(seed).document(blocks) };
  });
}

/** The document as a stream would show it: `count` prefixes, cut at any UTF-16 unit. */
export function unfinished(document: GeneratedDocument, count: number): string[] {
  const random = seededRandom(document.seed * 31 + 7);
  return Array.from({ length: count }, () =>
    document.markdown.slice(0, Math.ceil(random() * document.markdown.length)),
  );
}
