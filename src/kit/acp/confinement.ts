import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';

/** JSON-RPC error codes of the protocol. */
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const NOT_FOUND = -32002;

/**
 * The real path behind `path`, which must lie in `root`. Links are resolved first, so a link inside the folder does
 * not lead out of it. Rejects with a `RequestError` for the agent.
 *
 * @param root absolute path of the folder
 * @param mayBeNew the last part of the path need not exist
 */
export async function insideOf(root: string, path: string | undefined, mayBeNew = false): Promise<string> {
  if (path === undefined || !isAbsolute(path))
    throw await refusal(INVALID_PARAMS, 'An absolute path is needed');
  const realRoot = await realpath(root);
  const real = await realpath(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    // Agents tell a new file from a failure by this code and the word ENOENT.
    if (!mayBeNew)
      throw await refusal(NOT_FOUND, `ENOENT: no such file or directory, open '${path}'`, { path });
    return join(await realpath(dirname(path)), basename(path));
  });
  const inside = relative(realRoot, real);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw await refusal(INVALID_PARAMS, 'The path is outside the working directory');
  }
  return real;
}

/** An error reply for the agent. */
export async function refusal(code: number, message: string, data?: object): Promise<Error> {
  const { RequestError } = await import('@agentclientprotocol/sdk');
  return new RequestError(code, message, data);
}
