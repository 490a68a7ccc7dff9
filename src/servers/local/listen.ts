import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { AppError } from '../../core/errors.ts';

/**
 * Listens on the socket, readable by this user only. A socket file that nobody answers on is a leftover and is
 * removed; one that answers belongs to a running instance: throws `conflict`.
 */
export async function listenOn(server: Server, path: string): Promise<void> {
  if (process.platform !== 'win32') {
    await ownFolder(dirname(path));
    await removeStale(path);
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EADDRINUSE' ? alreadyRunning(path) : cannotListen(path, cause);
  });
  if (process.platform !== 'win32') await chmod(path, 0o600);
}

/** The folder keeps others out during the moment before the socket's own mode is set. */
async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const info = await lstat(folder);
  if (!info.isDirectory() || (process.getuid && info.uid !== process.getuid()))
    throw new AppError('run_folder_foreign', `${folder} does not belong to this user`, {
      kind: 'permission',
      advice: 'remove it or choose another data_dir',
    });
  await chmod(folder, 0o700);
}

async function removeStale(path: string): Promise<void> {
  const info = await lstat(path).catch(() => undefined);
  if (!info) return;
  if (!info.isSocket())
    throw new AppError('socket_path_taken', `${path} exists and is not a socket`, {
      kind: 'conflict',
      advice: 'move that file away',
    });
  if (await answers(path)) throw alreadyRunning(path);
  await rm(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.setTimeout(2000, () => done(true));
  });
}

function alreadyRunning(path: string): AppError {
  return new AppError('already_running', `another cc-connect already answers on ${path}`, {
    kind: 'conflict',
    advice: 'use it, or replace it with "cc-connect --force"',
  });
}

function cannotListen(path: string, cause: NodeJS.ErrnoException): AppError {
  return new AppError('cannot_listen', `cannot listen on ${path}: ${cause.message}`, {
    kind: 'permission',
    advice: 'check that the folder is writable',
    cause,
  });
}
