import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Unix socket addresses hold at most 104 bytes on macOS and 108 on Linux, the final zero included. */
const maxAddressBytes = 100;

/**
 * Where the daemon of a data directory listens: `<data_dir>/run/api.sock`, a named pipe on Windows, and a folder of
 * the user's own under /tmp when the path would not fit into a socket address. The same for daemon and commands.
 */
export function socketPath(dataDir: string): string {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\cc-connect-${name}`;
  const path = join(dataDir, 'run', 'api.sock');
  if (Buffer.byteLength(path) <= maxAddressBytes) return path;
  return join('/tmp', `cc-connect-${process.getuid?.() ?? 0}`, `${name}.sock`);
}
