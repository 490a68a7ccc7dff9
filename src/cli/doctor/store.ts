import { openSqlite } from '../../kit/sqlite.ts';
import type { DoctorFinding } from '../../servers/local/backend.ts';
import { stateFiles } from './files.ts';

/** Integrity of the store, read directly and without changing it; safe beside a running daemon. */
export async function checkStore(dataDir: string): Promise<readonly DoctorFinding[]> {
  const files = (await stateFiles(dataDir)).filter((file) => /\.(db|sqlite)$/.test(file));
  if (files.length === 0) return [{ area: 'store', level: 'ok', what: 'no store yet' }];
  return files.map((file) => {
    try {
      const db = openSqlite(file, { readonly: true });
      try {
        const result = String(db.pragma('integrity_check(5)', { simple: true }));
        return result === 'ok'
          ? { area: 'store', level: 'ok', what: `${file} is sound` }
          : damaged(file, result.split('\n')[0] ?? result);
      } finally {
        db.close();
      }
    } catch (error) {
      return damaged(file, error instanceof Error ? error.message : String(error));
    }
  });
}

function damaged(file: string, reason: string): DoctorFinding {
  return {
    area: 'store',
    level: 'error',
    what: `${file} is damaged: ${reason}`,
    fix: 'stop cc-connect, keep the file, and put the newest backup beside it in its place',
  };
}
