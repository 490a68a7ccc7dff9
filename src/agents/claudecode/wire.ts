/** Reading of what the CLI sends. Nothing about its shape is trusted; key order is not stable. */
export type Line = Readonly<Record<string, unknown>>;

export function text(line: Line, key: string): string | undefined {
  const value = line[key];
  return typeof value === 'string' ? value : undefined;
}

export function number(line: Line, key: string): number | undefined {
  const value = line[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function object(line: Line, key: string): Line | undefined {
  return asObject(line[key]);
}

/** The objects of a list; other members are left out. */
export function objects(line: Line, key: string): Line[] {
  const value = line[key];
  return Array.isArray(value) ? value.filter((item) => asObject(item) !== undefined) : [];
}

export function texts(line: Line, key: string): string[] {
  const value = line[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function asObject(value: unknown): Line | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Line) : undefined;
}

/** The text of a message's `content`, which is a string or a list of blocks. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block) => {
      const line = asObject(block);
      return line === undefined ? '' : (text(line, 'text') ?? (line.type === 'image' ? '[image]' : ''));
    })
    .filter((part) => part !== '')
    .join('\n');
}
