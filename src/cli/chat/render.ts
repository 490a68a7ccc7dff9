import type { Button, Card, CardBlock } from '../../core/card.ts';
import type { TerminalBody } from '../../platforms/terminal/frames.ts';
import { printable } from './printable.ts';

/** How text is dressed; plain output passes everything through. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  code(text: string): string;
  accent(text: string): string;
}

const ansi =
  (on: number, off: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;
const same = (text: string): string => text;

export const plainStyle: Style = { bold: same, dim: same, code: same, accent: same };
export const ansiStyle: Style = {
  bold: ansi(1, 22),
  dim: ansi(2, 22),
  code: ansi(36, 39),
  accent: ansi(33, 39),
};

/** A message as lines for the screen; buttons are numbered from 1. */
export function renderBody(body: TerminalBody, style: Style): string {
  switch (body.kind) {
    case 'text':
      return renderText(body, style);
    case 'card':
      return renderCard(body.card, style);
    case 'file': {
      const line = `[${mediaKind(body.mime)}] ${printable(body.name)} (${size(body.size)}) ${printable(body.path)}`;
      return body.caption ? `${markdown(body.caption, style)}\n${style.accent(line)}` : style.accent(line);
    }
  }
}

function renderText(body: Extract<TerminalBody, { kind: 'text' }>, style: Style): string {
  const text = markdown(body.markdown.replace(/^\s*\n|\s+$/g, ''), style);
  return body.footer ? `${text}\n${style.dim(printable(body.footer))}` : text;
}

export function renderCard(card: Card, style: Style): string {
  const numbers = { next: 1 };
  const lines = card.blocks.flatMap((block) => renderBlock(block, style, numbers));
  if (card.title) lines.unshift(style.bold(printable(card.title)));
  return lines.map((line) => line.replaceAll(/^/gm, `${style.accent('│')} `)).join('\n');
}

function renderBlock(block: CardBlock, style: Style, numbers: { next: number }): readonly string[] {
  switch (block.kind) {
    case 'text':
      return [markdown(block.markdown, style)];
    case 'code':
      return [style.code(printable(block.code))];
    case 'fields':
      return block.fields.map(
        (field) => `${style.dim(`${printable(field.label)}:`)} ${printable(field.value)}`,
      );
    case 'divider':
      return [style.dim('────')];
    case 'note':
      return [style.dim(printable(block.text))];
    case 'buttons':
      return block.rows.map((row) =>
        row.map((button) => `${style.bold(`[${numbers.next++}]`)} ${printable(button.label)}`).join('  '),
      );
    case 'form':
      return [];
  }
}

/** The buttons of a card in the order of their numbers. */
export function buttonsOf(body: TerminalBody): readonly Button[] {
  if (body.kind !== 'card') return [];
  return body.card.blocks.flatMap((block) => (block.kind === 'buttons' ? block.rows.flat() : []));
}

/** Markdown for a screen: emphasis, code and headings are dressed, everything else stays as written. */
export function markdown(source: string, style: Style): string {
  let fenced = false;
  return printable(source)
    .split('\n')
    .map((line) => {
      if (/^\s*(```|~~~)/.test(line)) {
        fenced = !fenced;
        return style.dim(line);
      }
      if (fenced) return style.code(line);
      if (/^#{1,6}\s/.test(line)) return style === plainStyle ? line : style.bold(line.replace(/^#+\s+/, ''));
      return inline(line, style);
    })
    .join('\n');
}

function inline(line: string, style: Style): string {
  return line
    .split(/(`[^`]+`)/)
    .map((piece) => {
      if (/^`[^`]+`$/.test(piece)) return style === plainStyle ? piece : style.code(piece.slice(1, -1));
      const bold =
        style === plainStyle
          ? piece
          : piece.replace(/\*\*([^*]+)\*\*/g, (_whole, text: string) => style.bold(text));
      // Signs that were escaped so that no platform takes them for markup.
      return bold.replace(/\\([!-/:-@[-`{-~])/g, '$1');
    })
    .join('');
}

function mediaKind(mime: string): string {
  const kind = mime.split('/')[0] ?? '';
  return ['image', 'audio', 'video'].includes(kind) ? kind : 'file';
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
