import { AppError } from '../../core/errors.ts';
import type { RemoteFile } from '../../core/inbound.ts';
import type { FilesAbility } from '../../core/platform.ts';
import { saveTo } from '../../kit/download.ts';
import type { SlackApi } from './api.ts';
import type { SlackOptions } from './options.ts';
import { record, word } from './wire.ts';

/** Fetches files people sent, with the bot's token, as a stream to disk under a cap. */
export function filesOver(api: SlackApi, options: SlackOptions): FilesAbility {
  return {
    async download(file, target, maxBytes, signal) {
      if ((file.size ?? 0) > maxBytes) throw tooLarge(maxBytes);
      const url = await addressOf(api, options, file, signal);
      const headers = { authorization: `Bearer ${options.botToken}` };
      const answer = await api.request('a download', url, { headers }, signal);
      const status = answer.statusCode ?? 0;
      if (status !== 200) {
        answer.resume();
        if (status === 404 || status === 410) throw gone();
        if (status >= 300 && status < 400) throw noRight();
        throw new AppError('slack_download', `the download was answered with status ${status}`, {
          kind: status >= 500 || status === 429 ? 'unavailable' : 'permission',
        });
      }
      // Without the right to read files the service shows its login page, with status 200.
      const type = String(answer.headers['content-type'] ?? '');
      if (type.startsWith('text/html') && file.mime !== 'text/html') {
        answer.destroy();
        throw noRight();
      }
      try {
        const { bytes } = await saveTo(target, answer, { maxBytes, signal });
        return {
          bytes,
          ...(file.mime ? { mime: file.mime } : {}),
          ...(file.name ? { name: file.name } : {}),
        };
      } catch (error) {
        if (error instanceof AppError || signal.aborted) throw error;
        const code = (error as NodeJS.ErrnoException).code ?? 'no code';
        throw new AppError('slack_download', `the download broke (${code})`, { kind: 'network' });
      }
    },
  };
}

/** The token goes to the service alone: files of other places have addresses elsewhere. */
async function addressOf(
  api: SlackApi,
  options: SlackOptions,
  file: RemoteFile,
  signal: AbortSignal,
): Promise<string> {
  const known = word(file.remote.url);
  const id = word(file.remote.id);
  let url = known;
  if (url === undefined && id !== undefined) {
    const answer = await api.call('files.info', { file: id }, { kind: 'repeatable', signal });
    const info = record(answer.file);
    url = word(info.url_private_download) ?? word(info.url_private);
  }
  if (url === undefined) throw gone();
  const { hostname, protocol } = new URL(url);
  const own = new URL(options.apiUrl);
  const trusted =
    hostname === own.hostname || (protocol === 'https:' && /(^|\.)slack(-files|-edge)?\.com$/.test(hostname));
  if (!trusted)
    throw new AppError('slack_foreign_file', 'the file does not lie with Slack', {
      kind: 'permission',
      advice: 'send the file itself instead of a link to it',
    });
  return url;
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('file_too_large', `the file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB`, {
    kind: 'validation',
  });
}

function gone(): AppError {
  return new AppError('file_gone', 'Slack does not keep this file any more', {
    kind: 'not_found',
    advice: 'send the file again',
  });
}

function noRight(): AppError {
  return new AppError('slack_files_scope', 'Slack did not hand out the file', {
    kind: 'permission',
    advice: 'add the scope files:read under OAuth & Permissions and install the app again',
  });
}
