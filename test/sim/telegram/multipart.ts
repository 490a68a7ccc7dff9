export interface Upload {
  readonly name: string;
  readonly size: number;
  readonly bytes: Buffer;
}

export interface Multipart {
  readonly fields: Record<string, string>;
  readonly files: Map<string, Upload>;
}

/** Reads a whole multipart body; file names may be unquoted, as grammY writes them. */
export function parseMultipart(body: Buffer, boundary: string): Multipart {
  const result: Multipart = { fields: {}, files: new Map() };
  const mark = Buffer.from(`--${boundary}`);
  let at = body.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length + 2;
    const next = body.indexOf(mark, start);
    if (next < 0) break;
    const headEnd = body.indexOf('\r\n\r\n', start);
    if (headEnd >= 0 && headEnd < next) {
      const head = body.toString('utf8', start, headEnd);
      const content = body.subarray(headEnd + 4, next - 2);
      const name = /;\s*name="([^"]*)"/.exec(head)?.[1] ?? '';
      const file = /;\s*filename="?([^"\r\n]*?)"?\s*(\r\n|$)/.exec(head)?.[1];
      if (file === undefined) result.fields[name] = content.toString('utf8');
      else result.files.set(name, { name: file, size: content.length, bytes: Buffer.from(content) });
    }
    at = next;
  }
  return result;
}
