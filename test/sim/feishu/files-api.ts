/** Uploads and downloads. */

import type { Route } from './route.ts';
import { route } from './route.ts';
import type { Answers } from './sdk-types.ts';
import { Refusal, type SimFile } from './world.ts';

/** Splits a multipart body; enough for what HTTP clients send. */
export function parseMultipart(
  body: Buffer,
  boundary: string,
): { fields: Record<string, string>; file?: { bytes: Buffer; name: string } } {
  const fields: Record<string, string> = {};
  let file: { bytes: Buffer; name: string } | undefined;
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at >= 0; ) {
    const from = at + mark.length;
    const next = body.indexOf(mark, from);
    if (next < 0) break;
    const section = body.subarray(from + 2, next - 2);
    const gap = section.indexOf('\r\n\r\n');
    const head = section.subarray(0, gap).toString('utf8');
    const value = section.subarray(gap + 4);
    const name = /name="([^"]*)"/.exec(head)?.[1] ?? '';
    const filename = /filename="([^"]*)"/.exec(head)?.[1];
    if (filename === undefined) fields[name] = value.toString('utf8');
    else file = { bytes: Buffer.from(value), name: filename };
    at = next;
  }
  return { fields, file };
}

function mimeOf(file: SimFile): string {
  if (file.kind === 'image') return 'image/png';
  return file.name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
}

export const fileRoutes: readonly Route[] = [
  route('POST', '/open-apis/im/v1/images', 'image.upload', (call) => {
    if (!call.upload || call.body.image_type !== 'message')
      throw new Refusal(234001, 'Invalid request param.');
    const { bytes } = call.upload;
    if (bytes.length > 10 * 1024 * 1024) throw new Refusal(234006, 'The file size exceed the max value.');
    if (bytes.length === 0) throw new Refusal(234010, "File's size can't be 0.");
    const key = call.world.id('img_v3_');
    call.world.files.set(key, { key, kind: 'image', name: call.upload.name, bytes, type: 'image' });
    return { image_key: key } satisfies Answers['image.upload'];
  }),
  route('POST', '/open-apis/im/v1/files', 'file.upload', (call) => {
    const type = String(call.body.file_type);
    const name = String(call.body.file_name ?? '');
    if (!call.upload || name === '' || !/^(opus|mp4|pdf|doc|xls|ppt|stream)$/.test(type))
      throw new Refusal(234001, 'Invalid request param.');
    const { bytes } = call.upload;
    if (bytes.length > 30 * 1024 * 1024) throw new Refusal(234006, 'The file size exceed the max value.');
    if (bytes.length === 0) throw new Refusal(234010, "File's size can't be 0.");
    const key = call.world.id('file_v3_');
    call.world.files.set(key, { key, kind: 'file', name, bytes, type });
    return { file_key: key } satisfies Answers['file.upload'];
  }),
  route('GET', '/open-apis/im/v1/messages/:id/resources/:key', 'resource.get', (call) => {
    const message = call.world.message(call.args[0] ?? '');
    const file = call.world.files.get(call.args[1] ?? '');
    if (!file || !message.content.includes(file.key)) throw new Refusal(234003, 'File not in msg.');
    if (call.query.get('type') !== (file.kind === 'image' ? 'image' : 'file'))
      throw new Refusal(234001, 'Invalid request param: type');
    return {
      raw: file.bytes,
      headers: {
        'content-type': mimeOf(file),
        'content-disposition': `attachment; filename="${encodeURIComponent(file.name)}"`,
      },
    };
  }),
];
