import { parseMarkdown } from '../../kit/markdown/parse.ts';
import { renderHtml } from './html.ts';

/**
 * A text that only grows, rendered again and again. Parsing is the dear part of a preview, so paragraphs that are
 * complete are rendered once; each update parses only the paragraph being written. What hangs together over blank
 * lines (loose lists, link definitions) may look simpler than in the final text, which is rendered whole.
 */
export class GrowingHtml {
  #done = '';
  #html = '';

  render(markdown: string): string {
    if (!markdown.startsWith(this.#done)) {
      this.#done = '';
      this.#html = '';
    }
    const rest = markdown.slice(this.#done.length);
    const cut = lastBreak(rest);
    if (cut > 0) {
      this.#html = join(this.#html, renderHtml(parseMarkdown(rest.slice(0, cut))));
      this.#done += rest.slice(0, cut);
    }
    return join(this.#html, renderHtml(parseMarkdown(rest.slice(cut))));
  }
}

function join(first: string, second: string): string {
  return [first, second].filter((piece) => piece !== '').join('\n\n');
}

/** Where the last paragraph outside fences begins; 0 if there is only one. */
function lastBreak(text: string): number {
  let cut = 0;
  let at = 0;
  let fence = '';
  let blank = false;
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    // A new block starts after a blank line unless it is indented, and then belongs to what is above.
    if (fence === '' && blank && /^\S/.test(line)) cut = at;
    if (fence === '') fence = mark;
    else if (mark.startsWith(fence) && line.trim() === mark) fence = '';
    blank = line.trim() === '';
    at += line.length + 1;
  }
  return cut;
}
