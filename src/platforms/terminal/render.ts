import type { Card, CardBlock } from '../../core/card.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Outgoing, Part } from '../../core/outgoing.ts';
import type { TerminalBody } from './frames.ts';

/** A terminal takes text of any length and draws cards itself, so everything is one part. */
export function renderForTerminal(content: Outgoing): Part {
  switch (content.kind) {
    case 'text':
      return part(
        'text',
        {
          kind: 'text',
          markdown: content.markdown,
          ...(content.footer === undefined ? {} : { footer: content.footer }),
        },
        content.markdown,
      );
    case 'card':
      return part('card', { kind: 'card', card: content.card }, plainCard(content.card));
    case 'file': {
      const { path, name, mime, size } = content.file;
      const caption = content.caption === undefined ? {} : { caption: content.caption };
      return part('file', { kind: 'file', path, name, mime, size, ...caption }, content.caption ?? name);
    }
  }
}

/** The body of a part made by `renderForTerminal`, possibly read back from the store. */
export function terminalBody(rendered: Part): TerminalBody {
  return rendered.body as unknown as TerminalBody;
}

function part(kind: Part['kind'], body: TerminalBody, plain: string): Part {
  return { kind, body: body as unknown as JsonObject, plain };
}

/** The words of a card, one block per line. */
export function plainCard(card: Card): string {
  return [...(card.title === undefined ? [] : [card.title]), ...card.blocks.flatMap(plainBlock)].join('\n');
}

function plainBlock(block: CardBlock): readonly string[] {
  switch (block.kind) {
    case 'text':
      return [block.markdown];
    case 'code':
      return [block.code];
    case 'fields':
      return block.fields.map((field) => `${field.label}: ${field.value}`);
    case 'note':
      return [block.text];
    case 'buttons':
      return block.rows.map((row) => row.map((button) => `[${button.label}]`).join(' '));
    case 'form':
    case 'divider':
      return [];
  }
}
