import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runtime } from '../kit/runtime.ts';

/** Writes the `cc-connect` that agents find first on their PATH: this very program, whatever else is installed. */
export async function writeCommandDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const command = runtime().selfCommand();
  if (process.platform === 'win32') {
    await place(
      join(dir, 'cc-connect.cmd'),
      `@echo off\r\n${command.map((word) => `"${word}"`).join(' ')} %*\r\n`,
    );
    return;
  }
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  await place(join(dir, 'cc-connect'), `#!/bin/sh\nexec ${words} "$@"\n`);
}

/** Whole or not at all: an agent may be calling the old one. */
async function place(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o700 });
  await rename(`${path}.new`, path);
}
