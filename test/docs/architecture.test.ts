import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { architectureTables, withTables } from './architecture-tables.ts';

const path = fileURLToPath(new URL('../../docs/architecture.md', import.meta.url));

describe('docs/architecture.md', () => {
  it('lists the modules and commands as they are (UPDATE_DOCS=1 writes them)', () => {
    const page = readFileSync(path, 'utf8');
    const fresh = withTables(page, architectureTables());
    if (process.env.UPDATE_DOCS) writeFileSync(path, fresh);
    else expect(page).toBe(fresh);
  });
});
