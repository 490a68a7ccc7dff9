/** The service's own text format, as it comes in. */

const named: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/** What a message says, as the person wrote it: links bare, references readable, entities resolved. */
export function readText(text: string): string {
  return text
    .replace(/<([^<>\n]+)>/g, (_whole, inner: string) => reference(inner))
    .replace(/&(lt|gt|amp);/g, (entity) => named[entity] ?? entity);
}

/** Whether the text mentions this person. */
export function mentions(text: string, user: string): boolean {
  return new RegExp(`<@${escapeRegExp(user)}(\\|[^>]*)?>`).test(text);
}

/** The text without mentions of this person, as a command is told by its first character. */
export function withoutMention(text: string, user: string): string {
  const mention = new RegExp(`[ \\t]*<@${escapeRegExp(user)}(\\|[^>]*)?>[,:]?`, 'g');
  return text.replace(mention, '').trim();
}

const escapeRegExp = (text: string): string => text.replace(/[^\w]/g, '\\$&');

/** What stands between angle brackets: `@U1|name`, `#C1|name`, `!here`, `https://x|label`. */
function reference(inner: string): string {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? '' : inner.slice(bar + 1);
  if (target.startsWith('@')) return label === '' ? `<${target}>` : `@${label.replace(/^@/, '')}`;
  if (target.startsWith('#')) return `#${label || target.slice(1)}`;
  if (target.startsWith('!')) return special(target.slice(1), label);
  const address = target.startsWith('mailto:') && label !== '' ? label : target;
  // A bare address comes with itself as label.
  if (label === '' || label === address || address.replace(/^https?:\/\//, '') === label) return address;
  return `${label} (${address})`;
}

function special(name: string, label: string): string {
  if (label !== '') return label;
  const [word = ''] = name.split('^');
  return `@${word}`;
}
