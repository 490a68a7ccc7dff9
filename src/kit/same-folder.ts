import { stat } from 'node:fs/promises';

/** Whether two paths are one folder, also by way of links. False when one of them is not there, unless they are equal. */
export async function isSameFolder(one: string, other: string): Promise<boolean> {
  if (one === other) return true;
  const [here, there] = await Promise.all([one, other].map((path) => stat(path).catch(() => undefined)));
  return here !== undefined && there !== undefined && here.ino === there.ino && here.dev === there.dev;
}
