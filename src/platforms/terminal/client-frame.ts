import { AppError } from '../../core/errors.ts';
import type { ClientFrame, TerminalFile } from './frames.ts';

const maxTextChars = 1024 * 1024;
const maxFiles = 32;

/** Checks one parsed line from a terminal. Throws `AppError('bad_frame')`, kind validation, naming the field. */
export function parseClientFrame(value: unknown): ClientFrame {
  const frame = record(value, 'frame');
  switch (frame.t) {
    case 'input': {
      const files = frame.files;
      return {
        t: 'input',
        id: identifier(frame.id),
        text: text(frame.text, 'text'),
        at: time(frame.at),
        ...(files === undefined ? {} : { files: list(files, 'files').map(file) }),
      };
    }
    case 'action': {
      const form = frame.form;
      return {
        t: 'action',
        id: identifier(frame.id),
        data: text(frame.data, 'data'),
        ref: text(frame.ref, 'ref'),
        at: time(frame.at),
        ...(form === undefined ? {} : { form: formValues(form) }),
      };
    }
    case 'stop':
      return { t: 'stop', id: identifier(frame.id), at: time(frame.at) };
    case 'ack':
      return { t: 'ack', ack: count(frame.ack, 'ack'), known: frame.known === true };
    default:
      return bad('t', 'one of input, action, stop, ack');
  }
}

function bad(field: string, expected: string): never {
  throw new AppError('bad_frame', `terminal frame: "${field}" must be ${expected}`, { kind: 'validation' });
}

function record(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad(field, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length > maxFiles)
    return bad(field, `a list of at most ${maxFiles} entries`);
  return value;
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value.length > maxTextChars)
    return bad(field, `text of at most ${maxTextChars} characters`);
  return value;
}

function identifier(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w-]{8,64}$/.test(value)) return bad('id', 'a UUID');
  return value;
}

function count(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    return bad(field, 'a whole number, not negative');
  return value;
}

function time(value: unknown): number {
  return value === undefined ? 0 : count(value, 'at');
}

function file(value: unknown): TerminalFile {
  const entry = record(value, 'files');
  return {
    path: text(entry.path, 'files.path'),
    name: text(entry.name, 'files.name'),
    mime: text(entry.mime, 'files.mime'),
    size: count(entry.size, 'files.size'),
  };
}

function formValues(value: unknown): Readonly<Record<string, string | readonly string[]>> {
  return Object.fromEntries(
    Object.entries(record(value, 'form')).map(([name, entry]) => [
      name,
      Array.isArray(entry) ? entry.map((one) => text(one, `form.${name}`)) : text(entry, `form.${name}`),
    ]),
  );
}
