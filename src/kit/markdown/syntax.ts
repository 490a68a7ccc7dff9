import type { Extension } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfmAutolinkLiteral } from 'micromark-extension-gfm-autolink-literal';
import { gfmFootnote } from 'micromark-extension-gfm-footnote';
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough';
import { gfmTable } from 'micromark-extension-gfm-table';
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item';

/** What the parser is asked for a text with. */
export interface Syntax {
  readonly extensions: ReturnType<typeof gfmTable>[];
  readonly mdastExtensions: (Extension | Extension[])[];
}

/** Code within a line is one line, as CommonMark has it; chats read each line for itself. */
const codeInOneLine: Extension = {
  exit: {
    codeText(token) {
      const value = this.resume().replace(/\n/g, ' ');
      const node = this.stack.at(-1);
      if (node?.type === 'inlineCode') node.value = value;
      this.exit(token);
    },
  },
};

/**
 * The parts of GitHub's dialect, each with what a text must have for it to say anything there. Addresses are also
 * looked for in what escapes and entities stand for; a table of one column may have colons instead of bars.
 */
const parts = [
  { sign: /[@&\\]|www\.|:\/\//i, extension: gfmAutolinkLiteral() },
  { sign: /\[\^/, extension: gfmFootnote() },
  // "~" alone is a range in CJK text; beside "*" or "_" it still says whether emphasis begins or ends there.
  { sign: /~~|[*_]~|~[*_]/, extension: gfmStrikethrough({ singleTilde: false }) },
  { sign: /[|]|:-|-:/, extension: gfmTable() },
  { sign: /\[(?:\s|x\])/i, extension: gfmTaskListItem() },
] as const;

// Agents write tags such as <div> to be read, so HTML is text.
const htmlIsText = { disable: { null: ['htmlFlow', 'htmlText'] } };

const tree = gfmFromMarkdown();
/** Without the search of every word for addresses, which is a pass of its own. */
const treeWithoutAddresses = tree.filter(({ transforms }) => transforms === undefined);

const known = new Map<number, Syntax>();

/**
 * The dialect as far as this text uses it. The parser sets itself up anew for each text, in proportion to what it is
 * given, and tries each part at every character: a text that says nothing in a part is read without it, alike and in
 * two thirds of the time.
 */
export function syntaxFor(source: string): Syntax {
  let used = 0;
  for (const [index, { sign }] of parts.entries()) if (sign.test(source)) used |= 1 << index;
  return known.get(used) ?? remember(used);
}

/** All of the dialect. */
export function wholeSyntax(): Syntax {
  const all = (1 << parts.length) - 1;
  return known.get(all) ?? remember(all);
}

function remember(used: number): Syntax {
  const extensions = parts.filter((_, index) => used & (1 << index)).map(({ extension }) => extension);
  const syntax = {
    extensions: [...extensions, htmlIsText],
    mdastExtensions: [...(used & 1 ? tree : treeWithoutAddresses), codeInOneLine],
  };
  known.set(used, syntax);
  return syntax;
}
